import { createConnection } from 'mysql2/promise'
import { expect, test } from 'vitest'
import { systemClock } from '../clock.ts'
import { silentLog } from '../log/log.ts'
import { ConfigError } from './config-error.ts'
import { type Tables, things } from './crash-child.ts'
import { openDatabase } from './database.ts'
import { type Suite, testOnServers } from './testing.ts'

const openAt = (url: string) => openDatabase<Tables>({ url, service: 'test', migrations: [things], clock: systemClock, log: silentLog })
const nameIn = (url: string) => /\/(\w+)(\?|$)/.exec(url)?.[1] ?? ''

const serversSuite: Suite = (_, bench) => {
  test('a user who may not create the database is told how it is created', async () => {
    const url = await bench.url()
    const other = url.replace('root@', 'guest:s3cret@')
    const make =
      bench.engine === 'mariadb' ? `create user if not exists guest@'%' identified by 's3cret'` : 'create role guest login nocreatedb'
    await bench.server?.say(make)
    const error = await openAt(other).catch(e => e)
    expect(error).toBeInstanceOf(ConfigError)
    expect(error.message).toMatch(new RegExp(`"${nameIn(url)}" does not exist .*CREATE DATABASE ${nameIn(url)}`))
    expect(error.message).not.toContain('s3cret')
  })

  test('a database that was created with another character set holds all of Unicode', async () => {
    if (bench.engine !== 'mariadb') return
    for (const charset of ['latin1', 'utf8mb3', 'utf8mb4 collate utf8mb4_general_ci']) {
      const url = await bench.url()
      await bench.server?.say(`create database ${nameIn(url)} character set ${charset}`)
      const db = await openAt(url)
      const cause = { requestId: 'req-1', why: 'test' }
      for (const id of ['é', 'É', '🏔'])
        await db.transaction(cause, tx =>
          tx.change({ kind: 'test.thing', id, act: 'created' }, sql => sql.insertInto('thing').values({ id, text: id }).execute()),
        )
      const rows = await db.read.selectFrom('thing').select('text').where('id', '=', '🏔').execute()
      expect(rows.map(row => row.text)).toEqual(['🏔'])
      expect((await db.changes.read(0)).map(change => change.id)).toEqual(['é', 'É', '🏔'])
      await db.close()
    }
  })

  test('what does not fit is refused and not cut', async () => {
    const db = await openAt(await bench.url())
    const cause = { requestId: 'req-1', why: 'test' }
    const long = db.transaction(cause, tx =>
      tx.change([], sql =>
        sql
          .insertInto('thing')
          .values({ id: 'a', text: 'x'.repeat(256) })
          .execute(),
      ),
    )
    await expect(long).rejects.toThrow(/too long/)
    await db.close()
  })

  test('a lock that another session holds is waited for, and given up in time', async () => {
    if (bench.engine !== 'mariadb') return
    const url = await bench.url()
    const db = await openAt(url)
    const cause = { requestId: 'req-1', why: 'test' }
    const other = await createConnection({ host: '127.0.0.1', port: bench.server?.port ?? 0, user: 'root', database: nameIn(url) })
    await other.query('begin')
    await other.query('select * from change_head for update')
    const insert = db.transaction(cause, tx =>
      tx.change({ kind: 'test.thing', id: 'a', act: 'created' }, sql => sql.insertInto('thing').values({ id: 'a', text: 'a' }).execute()),
    )
    expect(await db.read.selectFrom('thing').select('id').execute()).toEqual([])
    await other.query('rollback')
    await insert
    expect(await db.changes.head()).toBe(1)
    other.destroy()
    await db.close()
  })
}

testOnServers('a server', serversSuite)
