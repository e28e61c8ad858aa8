import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { systemClock } from '../clock.ts'
import { type Log, silentLog } from '../log/log.ts'
import { columns, containing, folded, isSet } from './columns.ts'
import { type Database, type Flag, type Migration, openDatabase } from './database.ts'
import { isForeignKeyViolation, isUniqueViolation, violates } from './errors.ts'
import { type Given, kept } from './kept.ts'
import type { Suite } from './testing.ts'

interface Tables {
  region: {
    id: string
    name: string
    enabled: Flag
    size: number | null
    seen_at: string | null
    extra: string | null
    bytes: Uint8Array | null
  }
  room: { id: string; region_id: string; name_folded: string }
}

const regions: Migration = {
  name: '0001-regions',
  async up(schema, dialect) {
    const { id, text, flag, bigint, time, json, bytes } = columns(dialect)
    await schema
      .createTable('region')
      .addColumn('id', id, c => c.primaryKey())
      .addColumn('name', text, c => c.notNull())
      .addColumn('enabled', flag, c => c.notNull())
      .addColumn('size', bigint)
      .addColumn('seen_at', time)
      .addColumn('extra', json)
      .addColumn('bytes', bytes)
      .execute()
    await schema.createIndex('region_name').unique().on('region').columns(['name']).execute()
  },
}
const rooms: Migration = {
  name: '0002-rooms',
  async up(schema, dialect) {
    const { id, text } = columns(dialect)
    await schema
      .createTable('room')
      .addColumn('id', id, c => c.primaryKey())
      .addColumn('region_id', id, c => c.notNull())
      .addColumn('name_folded', text, c => c.notNull())
      .addForeignKeyConstraint('room_region', ['region_id'], 'region', ['id'])
      .execute()
    await schema.createIndex('room_name').unique().on('room').columns(['region_id', 'name_folded']).execute()
  },
}
const all = [regions, rooms]
const cause = { requestId: 'req-1', why: 'test' }

const insert = (db: Database<Tables>, id: string, more: { name?: string; enabled?: boolean; size?: number } = {}) =>
  db.transaction(cause, tx =>
    tx.change({ kind: 'test.region', id, act: 'created' }, write =>
      write
        .insertInto('region')
        .values({ id, name: id, enabled: true, ...more })
        .execute(),
    ),
  )

export const databaseSuite: Suite = (open, bench) => {
  test('values come back as they were written', async () => {
    const db = await open<Tables>(all)
    const at = '2026-01-31T12:00:00.000001Z'
    const row = {
      id: 'a',
      name: 'Zürich 🏔 \\ \'"',
      enabled: true,
      size: 2 ** 53 - 1,
      seen_at: at,
      extra: '{"a":"\\n"}',
      bytes: Buffer.from([0, 255]),
    }
    await db.transaction(cause, tx => tx.change([], write => write.insertInto('region').values(row).execute()))
    const back = await db.read.selectFrom('region').selectAll().executeTakeFirstOrThrow()
    expect({ ...back, enabled: isSet(back.enabled), bytes: Buffer.from(back.bytes ?? []) }).toEqual(row)
    const total = await db.read
      .selectFrom('region')
      .select(({ fn }) => [fn.countAll<number>().as('count'), fn.sum<number>('size').as('sum')])
      .executeTakeFirstOrThrow()
    expect({ ...total }).toEqual({ count: 1, sum: 2 ** 53 - 1 })
  })

  test('text compares exactly and sorts by code point', async () => {
    const db = await open<Tables>(all)
    for (const id of ['b', 'B', 'a', 'a ', 'é', 'e', 'ß', 'ss']) await insert(db, id)
    const rows = await db.read.selectFrom('region').select('id').orderBy('id').execute()
    expect(rows.map(row => row.id)).toEqual(['B', 'a', 'a ', 'b', 'e', 'ss', 'ß', 'é'])
    expect(await db.read.selectFrom('region').select('id').where('name', '=', 'A').execute()).toEqual([])
    expect(folded('ÉA')).toBe(folded('e\u0301a'))
  })

  test('a part of a text is found literally', async () => {
    const db = await open<Tables>(all)
    for (const id of ['10%', '100', 'a_b', 'axb', 'c!d', 'c\\d']) await insert(db, id)
    const find = async (part: string) => {
      const rows = await db.read
        .selectFrom('region')
        .select('id')
        .where(sql<boolean>`name like ${containing(part)} escape '!'`)
        .execute()
      return rows.map(row => row.id)
    }
    expect([await find('0%'), await find('_'), await find('!'), await find('\\')]).toEqual([['10%'], ['a_b'], ['c!d'], ['c\\d']])
  })

  test('a list of any length finds what is in it, and nothing else', async () => {
    const db = await open<Tables>(all)
    for (const id of ['a', 'A', "it's", '"b"', '1', 'Zürich 🏔']) await insert(db, id, { size: 7 })
    const many = Array.from({ length: 40_000 }, (_, n) => `x${n}`)
    const among = async (column: 'id' | 'size', values: readonly (string | number)[], isIn = true) => {
      const rows = await db.read
        .selectFrom('region')
        .select('id')
        .where(column, isIn ? 'in' : 'not in', values as string[])
        .orderBy('id')
        .execute()
      return rows.map(row => row.id)
    }
    expect(await among('id', [...many, 'a', "it's", '"b"', 'Zürich 🏔'])).toEqual(['"b"', 'Zürich 🏔', 'a', "it's"])
    expect(await among('id', [...many, 'a', '1'], false)).toEqual(['"b"', 'A', 'Zürich 🏔', "it's"])
    expect(
      await among(
        'size',
        Array.from({ length: 1000 }, (_, n) => n),
      ),
    ).toHaveLength(6)
    expect(
      await among(
        'size',
        Array.from({ length: 1000 }, (_, n) => n + 8),
      ),
    ).toEqual([])
  })

  test('the same key twice is told from other errors, by name or columns', async () => {
    const db = await open<Tables>(all)
    await insert(db, 'a')
    const sameId = await insert(db, 'a', { name: 'b' }).catch(error => error)
    const sameName = await insert(db, 'b', { name: 'a' }).catch(error => error)
    expect([isUniqueViolation(sameId), isUniqueViolation(sameName), isUniqueViolation(new Error('other'))]).toEqual([true, true, false])
    expect([violates(sameId, 'region_name', ['name']), violates(sameName, 'region_name', ['name'])]).toEqual([false, true])
    expect(await db.changes.head()).toBe(1)
  })

  test('a row that is referred to must exist', async () => {
    const db = await open<Tables>(all)
    const room = { id: 'r', region_id: 'none', name_folded: 'x' }
    const error = await db.transaction(cause, tx => tx.change([], write => write.insertInto('room').values(room).execute())).catch(e => e)
    expect(isForeignKeyViolation(error)).toBe(true)
  })

  test('what fails leaves nothing behind', async () => {
    const db = await open<Tables>(all)
    const after: string[] = []
    const failing = db.transaction(cause, async tx => {
      tx.afterCommit(() => after.push('ran'))
      await tx.change({ kind: 'test.region', id: 'a', act: 'created' }, write =>
        write.insertInto('region').values({ id: 'a', name: 'a', enabled: 1 }).execute(),
      )
      expect(await tx.read.selectFrom('region').select('id').execute()).toHaveLength(1)
      throw new Error('changed my mind')
    })
    await expect(failing).rejects.toThrow('changed my mind')
    expect([await db.read.selectFrom('region').select('id').execute(), await db.changes.head(), after]).toEqual([[], 0, []])
    await db.transaction(cause, async tx => tx.afterCommit(() => after.push('ran')))
    expect(after).toEqual(['ran'])
  })

  test('a transaction whose statement failed cannot be continued, even when the error is swallowed', async () => {
    const db = await open<Tables>(all)
    await insert(db, 'a')
    const swallowing = db.transaction(cause, async tx => {
      await tx.change({ kind: 'test.region', id: 'b', act: 'created' }, write =>
        write.insertInto('region').values({ id: 'b', name: 'b', enabled: 1 }).execute(),
      )
      await tx.change([], write => write.insertInto('region').values({ id: 'a', name: 'c', enabled: 1 }).execute()).catch(() => undefined)
      await expect(tx.read.selectFrom('region').select('id').execute()).rejects.toThrow('can only be left')
      return 'done'
    })
    expect(isUniqueViolation(await swallowing.catch(error => error))).toBe(true)
    expect(await db.read.selectFrom('region').select('id').execute()).toHaveLength(1)
  })

  test('reading outside sees only what is committed and does not wait', async () => {
    const db = await open<Tables>(all)
    await db.transaction(cause, async tx => {
      await tx.change([], write => write.insertInto('region').values({ id: 'a', name: 'a', enabled: 1 }).execute())
      expect(await db.read.selectFrom('region').select('id').execute()).toEqual([])
    })
    expect(await db.read.selectFrom('region').select('id').execute()).toHaveLength(1)
  })

  test('the reading door refuses to write', async () => {
    const db = await open<Tables>(all)
    await expect(sql`delete from region`.execute(db.read as never)).rejects.toThrow(/read.?only|readonly/i)
    const sneaky = db.transaction(cause, tx =>
      (tx.read as unknown as { deleteFrom(t: string): { execute(): Promise<unknown> } }).deleteFrom('region').execute(),
    )
    await expect(sneaky).rejects.toThrow('tx.change')
  })

  test('a transaction inside a transaction is a defect, as is a statement after its end', async () => {
    const db = await open<Tables>(all)
    await expect(db.transaction(cause, () => insert(db, 'a'))).rejects.toThrow('inside a transaction')
    const leaked = await db.transaction(cause, async tx => tx.read)
    await expect(leaked.selectFrom('region').selectAll().execute()).rejects.toThrow('over')
  })

  test('compare and swap lets one of many win', async () => {
    const db = await open<Tables>(all)
    await insert(db, 'a')
    const claim = (size: number) =>
      db.transaction(cause, tx =>
        tx.change(
          [],
          async write =>
            (await write.updateTable('region').set({ size }).where('id', '=', 'a').where('size', 'is', null).executeTakeFirst())
              .numUpdatedRows,
        ),
      )
    const wins = await Promise.all(Array.from({ length: 20 }, (_, index) => claim(index)))
    expect(wins.filter(count => count === 1n)).toHaveLength(1)
    const again = await db.transaction(cause, tx =>
      tx.change([], w => w.updateTable('region').set({ name: 'a' }).where('id', '=', 'a').executeTakeFirst()),
    )
    expect(again.numUpdatedRows).toBe(1n)
  })

  test('opposed transactions are told apart and both done', async () => {
    const db = await open<Tables>(all)
    await insert(db, 'a')
    await insert(db, 'b')
    const both = (first: string, second: string) =>
      db.transaction(cause, async tx => {
        for (const id of [first, second])
          await tx.change({ kind: 'test.region', id, act: 'updated' }, write =>
            write
              .updateTable('region')
              .set(eb => ({ size: sql<number>`coalesce(${eb.ref('size')}, 0) + 1` }))
              .where('id', '=', id)
              .execute(),
          )
      })
    await Promise.all(Array.from({ length: 40 }, (_, index) => (index % 2 ? both('a', 'b') : both('b', 'a'))))
    const rows = await db.read.selectFrom('region').select('size').execute()
    expect([rows.map(row => row.size), await db.changes.head()]).toEqual([[40, 40], 82])
  })

  test('a kept query gives what the built one gives, inside and outside', async () => {
    const db = await open<Tables>(all)
    const byId = kept<Tables, { id: string; limit: number }, { id: string }>((read, given: Given<{ id: string; limit: number }>) =>
      read.selectFrom('region').select('id').where('id', '=', given('id')).limit(given('limit')),
    )
    await insert(db, 'a')
    await insert(db, 'b')
    expect([await byId(db.read, { id: 'a', limit: 1 }), await byId(db.read, { id: 'b', limit: 1 })].flat().map(row => row.id)).toEqual([
      'a',
      'b',
    ])
    expect(await db.transaction(cause, tx => byId(tx.read, { id: 'c', limit: 1 }))).toEqual([])
  })

  test('an object is not a parameter', async () => {
    const db = await open<Tables>(all)
    await expect(insert(db, 'a', { name: { toString: () => 'x' } as never })).rejects.toThrow('cannot be a parameter')
  })

  test('migrations are applied once, by several processes at once, and later ones are accepted', async () => {
    const url = await bench.url()
    const warnings: unknown[] = []
    const log: Log = { ...silentLog, warn: (message, fields) => warnings.push([message, fields]) }
    const openWith = (migrations: readonly Migration[]) =>
      openDatabase<Tables>({ url, service: 'test', migrations, clock: systemClock, log })
    const several = await Promise.all([openWith([regions]), openWith(all), openWith(all)])
    const newer = several[1] as Database<Tables>
    await insert(newer, 'a')
    const older = await openWith([])
    expect(await (older as Database<Tables>).read.selectFrom('region').select('id').execute()).toHaveLength(1)
    for (const db of [...several, older]) await db.close()
    expect(warnings).toEqual([])
  })

  test('a migration that failed is done when it is mended', async () => {
    const url = await bench.url()
    const openWith = (migration: Migration) =>
      openDatabase<Tables>({ url, service: 'test', migrations: [migration], clock: systemClock, log: silentLog })
    const broken: Migration = {
      name: regions.name,
      async up(schema, dialect) {
        await regions.up(schema, dialect)
        throw new Error('power cut')
      },
    }
    await expect(openWith(broken)).rejects.toThrow('0001-regions')
    const db = await openWith(regions)
    await insert(db, 'a')
    await db.close()
  })
}
