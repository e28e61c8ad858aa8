import { systemClock } from '@kilonova/platform/clock.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aServer, cause, emptyDatabase } from '../../kit.ts'
import type { Tables } from '../../tables.ts'
import type { Server } from '../server.ts'
import { serverStore } from '../store.ts'
import { type Power, syncPowerStates } from './power-states.ts'

let db: Database<Tables>
beforeEach(async () => {
  db = await emptyDatabase()
})
afterEach(() => db.close())

const settled: Partial<Server> = {
  ...{ host: 'host1', vmState: 'active', taskState: null, powerState: 'running', launchedAt: '2026-01-01T00:00:00.000Z' },
}

interface Scene {
  readonly server?: Partial<Server>
  readonly reported: Power
  /** What the host says when it is asked again; the same unless told. */
  readonly found?: Power | 'unknown'
  /** What somebody else does between the report and the end. */
  readonly meanwhile?: Partial<Server>
  /** When its host was started, where servers are to be started again. */
  readonly bootedAt?: string
}

/** What becomes of a server on host1 after a report, and which work is written down. */
async function follow({ server, reported, found = reported, meanwhile, bootedAt }: Scene) {
  const store = serverStore(db)
  const one = aServer(1, { ...settled, ...server })
  await db.transaction(cause, async tx => void (await store.insert(tx, one)))
  const work: string[] = []
  const noted = (what: string) => async () => void work.push(what)
  const labours = { turnOff: noted('turn off'), turnOn: noted('turn on'), delete: noted('delete') }
  const state = async () => {
    if (meanwhile)
      await db.transaction(cause, async tx => void (await store.update(tx, { ...one, ...meanwhile, updatedAt: '2026-01-02' }, 'x')))
    if (found === 'gone') throw new Refusal('not-found', 'No such guest.')
    if (found === 'unknown') throw new Refusal('unavailable', 'Nobody answers.')
    return { uuid: one.id, name: 'instance-00000001', power: found }
  }
  const guests = reported === 'gone' ? [] : [{ uuid: one.id, name: 'instance-00000001', power: reported }]
  const hypervisors = { state, facts: async () => ({ bootedAt: bootedAt ?? '2030-01-01T00:00:00.000Z' }) }
  const resumes = () => bootedAt !== undefined
  const rooms = { store, write: db.transaction, hypervisors, resumes, labours, clock: systemClock, log: silentLog }
  await syncPowerStates({ host: 'host1', complete: true, guests }, rooms, cause)
  const after = await store.findUnchecked(one.id)
  return { states: [after?.vmState, after?.taskState, after?.powerState], work }
}

test('a guest that shuts itself down, or crashes, leaves its server SHUTOFF', async () => {
  expect(await follow({ reported: 'shutdown' })).toEqual({ states: ['stopped', null, 'shutdown'], work: [] })
})

test('a guest that crashes while it is paused leaves its server SHUTOFF', async () => {
  const { states } = await follow({ server: { vmState: 'paused', powerState: 'paused' }, reported: 'crashed' })
  expect(states).toEqual(['stopped', null, 'crashed'])
})

test('a server that is to go when its guest shuts down is deleted then', async () => {
  const after = await follow({ server: { dropsAtShutdown: true }, reported: 'shutdown' })
  expect(after).toEqual({ states: ['active', 'deleting', 'shutdown'], work: ['delete'] })
})

test('a guest that was turned on by hand is turned off again', async () => {
  const after = await follow({ server: { vmState: 'stopped', powerState: 'shutdown' }, reported: 'running' })
  expect(after).toEqual({ states: ['stopped', 'powering-off', 'running'], work: ['turn off'] })
})

test('a guest that was paused by hand shows so, and nothing is done to it', async () => {
  expect(await follow({ reported: 'paused' })).toEqual({ states: ['active', null, 'paused'], work: [] })
})

test('a guest that is gone from its host leaves its server SHUTOFF, so that it can be started', async () => {
  expect((await follow({ reported: 'gone' })).states).toEqual(['stopped', null, 'nostate'])
})

test('a report that was late changes nothing', async () => {
  expect((await follow({ reported: 'gone', found: 'running' })).states).toEqual(['active', null, 'running'])
})

test('a host that no longer answers changes nothing', async () => {
  expect((await follow({ reported: 'gone', found: 'unknown' })).states).toEqual(['active', null, 'running'])
})

test('somebody at work on a server is not disturbed', async () => {
  expect((await follow({ server: { taskState: 'rebooting' }, reported: 'shutdown' })).states[0]).toBe('active')
})

test('what was done to a server meanwhile counts', async () => {
  const { states } = await follow({ reported: 'shutdown', meanwhile: { taskState: 'rebooting_hard' } })
  expect(states).toEqual(['active', 'rebooting_hard', 'running'])
})

test('a suspended guest is off on its host, which is as it should be', async () => {
  const { states } = await follow({ server: { vmState: 'suspended', powerState: 'shutdown' }, reported: 'suspended' })
  expect(states).toEqual(['suspended', null, 'shutdown'])
})

test('a server that ran when its host went down is started again, where the operator wants it', async () => {
  const later = '2026-06-01T00:00:00.000Z'
  for (const reported of ['shutdown', 'gone'] as const) {
    const { states, work } = await follow({ reported, bootedAt: later })
    expect([states.slice(0, 2), work]).toEqual([['active', 'rebooting_hard'], ['turn on']])
    await db.transaction(cause, tx => serverStore(db).forgetMoved(tx, aServer(1).id))
  }
  expect(await follow({ reported: 'shutdown' })).toMatchObject({ states: ['stopped', null, 'shutdown'], work: [] })
})

test('a guest that ends by itself after its host was started stays off', async () => {
  const server = { updatedAt: '2026-06-01T00:00:01.000Z' }
  expect(await follow({ server, reported: 'shutdown', bootedAt: '2026-06-01T00:00:00.000Z' })).toMatchObject({
    states: ['stopped', null, 'shutdown'],
  })
})
