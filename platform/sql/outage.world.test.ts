import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { systemClock } from '../clock.ts'
import { Refusal } from '../refusal.ts'
import { silentLog } from '../log/log.ts'
import { type Tables, things } from './crash-child.ts'
import { type Database, openDatabase } from './database.ts'
import { type Suite, testOnServers } from './testing.ts'

const cause = { requestId: 'req-1', why: 'test' }
const openAt = (url: string) => openDatabase<Tables>({ url, service: 'test', migrations: [things], clock: systemClock, log: silentLog })
const insert = (db: Database<Tables>, id: string) =>
  db.transaction(cause, tx =>
    tx.change({ kind: 'test.thing', id, act: 'created' }, sql => sql.insertInto('thing').values({ id, text: 'x' }).execute()),
  )
const idsOf = async (db: Database<Tables>) => new Set((await db.read.selectFrom('thing').select('id').execute()).map(row => row.id))

/** Writers and a reader that never stop asking; what they were told is kept. */
function load(db: Database<Tables>) {
  const told = {
    done: new Set<string>(),
    refused: new Set<string>(),
    unknown: new Set<string>(),
    reads: 0,
    readsRefused: 0,
    other: [] as unknown[],
  }
  let on = true
  let lastDone = 0
  const sort = (id: string, error: unknown) => {
    if (!(error instanceof Refusal) || error.kind !== 'unavailable' || error.retryAfterS === undefined) told.other.push(error)
    else if (error.message.includes('not known')) told.unknown.add(id)
    else told.refused.add(id)
  }
  const writer = async (name: number) => {
    for (let count = 0; on; count++) {
      const id = `${name}-${count}`
      try {
        await insert(db, id)
        told.done.add(id)
        lastDone = performance.now()
      } catch (error) {
        sort(id, error)
      }
    }
  }
  const reader = async () => {
    while (on) {
      try {
        await db.read.selectFrom('thing').select('id').limit(1).execute()
        told.reads++
      } catch (error) {
        sort('read', error)
        told.refused.delete('read')
        told.readsRefused++
      }
      await systemClock.sleep(2)
    }
  }
  const all = [...[1, 2, 3, 4, 5, 6].map(writer), reader()]
  return {
    told,
    lastDone: () => lastDone,
    async stop() {
      on = false
      await Promise.all(all)
    },
  }
}

/** Passes bytes on, and cuts the line once when the client says `commit`: before or after the server has heard it. */
async function cuttingProxy(target: number, cut: { armed: 'before' | 'after' | undefined }): Promise<{ port: number; server: Server }> {
  const server = createServer(client => {
    const upstream: Socket = connect(target, '127.0.0.1')
    const end = () => {
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) socket.on('error', end).on('close', end)
    upstream.on('data', data => client.write(data))
    client.on('data', data => {
      const { armed } = cut
      if (armed === undefined || !/[^\w ]commit\0?$/.test(data.toString('latin1'))) return void upstream.write(data)
      cut.armed = undefined
      if (armed === 'before') return end()
      upstream.removeAllListeners('data')
      // The answer is thrown away; its coming shows that the server has done what it was told.
      upstream.once('data', end)
      upstream.write(data)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port, server }
}

const outageSuite: Suite = (_, bench) => {
  test('a server that is stopped or killed under load loses nothing, lies about nothing and is used again at once', async () => {
    const { server } = bench
    if (server === undefined) throw new Error('This needs a server')
    const db = await openAt(await bench.url())
    const followed: number[] = []
    const following = (async () => {
      for await (const change of db.changes.follow(0)) followed.push(change.offset)
    })()
    const running = load(db)
    const recoveries: number[] = []
    for (const end of [server.stop, server.kill]) {
      while (running.lastDone() < performance.now() - 100) await systemClock.sleep(5)
      await systemClock.sleep(500)
      await end()
      await systemClock.sleep(1200)
      await server.start()
      const back = performance.now()
      while (running.lastDone() < back) await systemClock.sleep(2)
      recoveries.push(performance.now() - back)
    }
    await systemClock.sleep(300)
    await running.stop()

    const { told } = running
    const kept = await idsOf(db)
    const head = await db.changes.head()
    while (followed.length < head) await systemClock.sleep(10)
    await db.close()
    await following
    const lost = [...told.done].filter(id => !kept.has(id))
    const ghosts = [...told.refused].filter(id => kept.has(id))
    console.log(
      `${bench.engine}: ${told.done.size} done, ${told.refused.size} refused, ${told.unknown.size} unknown, ${told.reads} reads (${told.readsRefused} refused), ` +
        `lost ${lost.length}, refused but done ${ghosts.length}, back after ${recoveries.map(ms => `${ms.toFixed(0)} ms`).join(' and ')}`,
    )
    expect({ lost, ghosts, other: told.other }).toEqual({ lost: [], ghosts: [], other: [] })
    expect(Math.max(...recoveries)).toBeLessThan(10_000)
    expect(head).toBe(kept.size)
    expect(followed).toEqual(Array.from({ length: head }, (_unused, index) => index + 1))
  })

  test('a commit whose answer was lost is told truthfully, done or not', async () => {
    const url = await bench.url()
    const cut: { armed: 'before' | 'after' | undefined } = { armed: undefined }
    const proxy = await cuttingProxy(bench.server?.port ?? 0, cut)
    const db = await openAt(url.replace(/:\d+\//, `:${proxy.port}/`))
    try {
      for (const armed of ['before', 'after'] as const) {
        let tries = 0
        cut.armed = armed
        await db.transaction(cause, tx => {
          tries++
          return tx.change({ kind: 'test.thing', id: armed, act: 'created' }, sql =>
            sql.insertInto('thing').values({ id: armed, text: 'x' }).execute(),
          )
        })
        // Not heard: done anew. Heard: found in the log, not done twice.
        expect([cut.armed, tries]).toEqual([undefined, armed === 'before' ? 2 : 1])
      }
      expect([await idsOf(db), await db.changes.head()]).toEqual([new Set(['before', 'after']), 2])
    } finally {
      await db.close()
      proxy.server.close()
    }
  })

  test('connections that the server ended are replaced without anybody noticing', async () => {
    const db = await openAt(await bench.url())
    await insert(db, 'a')
    const all =
      bench.engine === 'mariadb'
        ? 'kill user root'
        : `select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname like 'test%'`
    await bench.server?.say(all).catch(() => undefined)
    await Promise.all(['b', 'c', 'd'].map(id => insert(db, id)))
    expect((await idsOf(db)).size).toBe(4)
    await db.close()
  })
}

testOnServers('an outage', outageSuite)
