import { silentLog } from '@kilonova/platform/log/log.ts'
import { seededChance } from '@kilonova/platform/chance.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { instanceActionLogic } from '../../instance-actions/logic.ts'
import { instanceActionStore } from '../../instance-actions/store.ts'
import { aServer, cause, emptyDatabase } from '../../kit.ts'
import type { Tables } from '../../tables.ts'
import { serverStore } from '../store.ts'
import { giveUpLost } from './lost.ts'

let db: Database<Tables>
beforeEach(async () => {
  db = await emptyDatabase()
})
afterEach(() => db.close())

const look = async (busy: () => Promise<ReadonlySet<string>>) => {
  const actions = instanceActionLogic({ stores: [instanceActionStore(db)], clock: systemClock, chance: seededChance(1) })
  const rooms = { store: serverStore(db), write: db.transaction, actions, clock: systemClock, log: silentLog }
  await giveUpLost({ ...rooms, busy }, cause)
  return { actions, server: await rooms.store.findUnchecked(aServer(1).id) }
}

test('a server on its way with no work about it is given up, and what was asked of it has failed', async () => {
  const one = aServer(1, { vmState: 'active', taskState: 'rebooting', host: 'host1' })
  await db.transaction(cause, async tx => {
    await serverStore(db).insert(tx, one)
    await serverStore(db).insert(tx, aServer(2, { vmState: 'active', taskState: null }))
    const actions = instanceActionLogic({ stores: [instanceActionStore(db)], clock: systemClock, chance: seededChance(1) })
    await actions.begin(tx, one.id, { action: 'reboot', event: 'compute_reboot_instance' }, cause)
  })
  const { server, actions } = await look(async () => new Set())
  expect(server).toMatchObject({ vmState: 'error', taskState: null, fault: { details: 'It was rebooting, and no task was about it.' } })
  expect(await actions.get({ serverId: one.id, requestId: cause.requestId })).toMatchObject({
    message: 'Error',
    finishedAt: expect.any(String),
  })
  expect(await serverStore(db).findUnchecked(aServer(2).id)).toMatchObject({ vmState: 'active' })
})

test('a server about which there is work, or to which something is done meanwhile, is left alone', async () => {
  const one = aServer(1, { vmState: 'building', taskState: 'spawning', host: 'host1' })
  await db.transaction(cause, async tx => void (await serverStore(db).insert(tx, one)))
  expect((await look(async () => new Set([one.id]))).server).toMatchObject({ taskState: 'spawning' })
  const done = async () => {
    const next = { ...one, vmState: 'active', taskState: null, updatedAt: '2026-01-02T00:00:00.000Z' } as const
    await db.transaction(cause, async tx => void (await serverStore(db).update(tx, next, 'launched')))
    return new Set<string>()
  }
  expect((await look(done)).server).toMatchObject({ vmState: 'active', taskState: null, fault: null })
})
