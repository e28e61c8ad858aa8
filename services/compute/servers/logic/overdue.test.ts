import { silentLog } from '@kilonova/platform/log/log.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { type VirtualClock, virtualClock } from '@kilonova/platform/simulation/virtual-clock.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aServer, cause, emptyDatabases } from '../../kit.ts'
import { cellStores } from '../../main/logics.ts'
import type { Databases } from '../../main/databases.ts'
import { serverMigrationLogic } from '../../server-migrations/logic.ts'
import { serverMigrationStore } from '../../server-migrations/store.ts'
import { endWaiting } from '../reconcilers/overdue.ts'
import type { Server } from '../server.ts'
import { waiting } from './overdue.ts'
import type { Rooms, ServerSettings } from './rooms.ts'

let all: Databases
let clock: VirtualClock
let settings: Pick<ServerSettings, 'confirmMs' | 'rescueMs' | 'reclaimMs' | 'offloadMs'>
beforeEach(async () => {
  all = await emptyDatabases()
  clock = virtualClock(Date.UTC(2026, 0, 1))
  settings = { confirmMs: 0, rescueMs: 0, reclaimMs: 0, offloadMs: 0 }
})
afterEach(async () => void (await Promise.all(Object.values(all).map(one => one.close()))))

const now = () => new Date(clock.now()).toISOString()
const resting: Partial<Server> = { host: 'host1', taskState: null, launchedAt: '2026-01-01T00:00:00.000Z' }

async function keep(number: number, more: Partial<Server>): Promise<string> {
  const { cell1 } = cellStores(all)
  const server = aServer(number, { ...resting, ...more })
  await cell1.write(cause, async tx => void (await cell1.store.insert(tx, server)))
  return server.id
}

/** A resize that was finished at this moment. */
async function finishedMove(number: number, serverId: string) {
  await all.cell1.transaction(cause, tx =>
    serverMigrationStore(all.cell1).insert(tx, {
      ...{ id: `c0ffee00-0000-4000-8000-00000000000${number}`, number, serverId, kind: 'resize', status: 'finished' },
      ...{ sourceHost: 'host1', sourceNode: 'host1', destHost: 'host2', destNode: 'host2', destAddress: null },
      ...{ oldFlavorId: '1', newFlavorId: '2', userId: null, projectId: null, createdAt: now(), updatedAt: now() },
    }),
  )
}

/** Who is ended, and how, when the cloud looks now. */
async function ended(fails: (server: Server) => boolean = () => false): Promise<readonly string[]> {
  const told: string[] = []
  const { cell1, cell0 } = cellStores(all)
  const moves = serverMigrationLogic({ store: serverMigrationStore(all.cell1), clock, chance: { uuid: () => 'unused' } })
  const cells = { first: cell1, all: [cell1, cell0] } as unknown as Rooms['cells']
  const { overdue } = waiting({ cells, moves, settings: () => settings as ServerSettings, clock })
  const by = (how: string) => async (server: Server) => {
    if (fails(server)) throw new Refusal('conflict', 'Somebody else is at work on it.')
    told.push(`${server.name}: ${how}`)
  }
  const ends = { confirmResize: by('confirmed'), unrescue: by('unrescued'), forceDelete: by('deleted'), shelveOffload: by('offloaded') }
  await endWaiting({ overdue, ends, causeOf: why => ({ requestId: 'req-1', why }), log: silentLog })
  return told
}

test('a deleted server is gone for good when reclaim_instance_interval is over, and not a second before', async () => {
  settings = { ...settings, reclaimMs: 60_000 }
  await keep(1, { vmState: 'soft-delete', deletedAt: now() })
  await keep(2, { vmState: 'active' })
  await clock.advance(59_000)
  expect(await ended()).toEqual([])
  await clock.advance(1_000)
  expect(await ended()).toEqual(['vm1: deleted'])
})

test('a deleted server that is being brought back is left alone', async () => {
  settings = { ...settings, reclaimMs: 60_000 }
  await keep(1, { vmState: 'soft-delete', taskState: 'restoring', deletedAt: now() })
  await clock.advance(120_000)
  expect(await ended()).toEqual([])
})

test('a shelved server leaves its host shelved_offload_time after it was shelved', async () => {
  settings = { ...settings, offloadMs: 30_000 }
  await keep(1, { vmState: 'shelved', systemMetadata: { shelved_at: now() } })
  await clock.advance(29_000)
  expect(await ended()).toEqual([])
  await clock.advance(1_000)
  expect(await ended()).toEqual(['vm1: offloaded'])
})

test('a resize that nobody confirmed is confirmed when resize_confirm_window is over; one that is being reverted is not', async () => {
  settings = { ...settings, confirmMs: 10_000 }
  await finishedMove(1, await keep(1, { vmState: 'resized' }))
  await finishedMove(2, await keep(2, { vmState: 'resized', taskState: 'resize_reverting' }))
  await clock.advance(9_000)
  expect(await ended()).toEqual([])
  await clock.advance(1_000)
  expect(await ended()).toEqual(['vm1: confirmed'])
})

test('a server that was rescued is given its own disk again when rescue_timeout is over', async () => {
  settings = { ...settings, rescueMs: 20_000 }
  await keep(1, { vmState: 'rescued', launchedAt: now() })
  await clock.advance(19_000)
  expect(await ended()).toEqual([])
  await clock.advance(1_000)
  expect(await ended()).toEqual(['vm1: unrescued'])
})

test('where the operator sets no time, nothing ends by itself however long it waits', async () => {
  settings = { confirmMs: 0, rescueMs: 0, reclaimMs: 0, offloadMs: -1 }
  await keep(1, { vmState: 'soft-delete', deletedAt: now() })
  await keep(2, { vmState: 'shelved', systemMetadata: { shelved_at: now() } })
  await finishedMove(3, await keep(3, { vmState: 'resized' }))
  await clock.advance(365 * 86_400_000)
  expect(await ended()).toEqual([])
})

test('one that cannot be ended now keeps nobody behind it waiting, and is ended at the next look', async () => {
  settings = { ...settings, reclaimMs: 1_000 }
  await keep(1, { vmState: 'soft-delete', deletedAt: now() })
  await keep(2, { vmState: 'soft-delete', deletedAt: now() })
  await clock.advance(1_000)
  expect(await ended(({ name }) => name === 'vm1')).toEqual(['vm2: deleted'])
  expect(await ended()).toContain('vm1: deleted')
})
