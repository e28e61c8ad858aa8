import { findPlugins } from '@kilonova/platform/plugins/find.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aServer, type Bench, bench } from '../kit.ts'
import type { Server } from '../servers/server.ts'

const samples = findPlugins(new URL('../../../docs/examples/plugins', import.meta.url).pathname).plugins
let at: Bench
beforeEach(async () => {
  at = await bench(
    {},
    built => built,
    samples.filter(({ name }) => name === 'naps'),
  )
})
afterEach(() => at.close())

const put = async (more: Partial<Server> = {}) => {
  const server = aServer(1, {
    vmState: 'active',
    taskState: null,
    powerState: 'running',
    host: 'host1',
    launchedAt: '2026-01-01T00:00:00.000Z',
    ...more,
  })
  await at.insert(server)
  return server.id
}
const nap = (id: string, as = 'member', body: object = { nap: { because: 'it is late' } }) =>
  at.ask(`POST /v2.1/servers/${id}/action`, { as, body })
const actionsOf = async (id: string) => (await at.ask(`GET /v2.1/servers/${id}/os-instance-actions`, { as: 'admin' })).body.instanceActions

test('the sample adds an action of servers, which does journalled work and keeps what it wants', async () => {
  const id = await put()
  expect(await nap(id)).toMatchObject({ status: 202 })
  expect(at.labours).toEqual([`pause ${id}`])
  expect(await actionsOf(id)).toMatchObject([{ action: 'pause', instance_uuid: id }])
  const [change] = (await at.db.changes.read(0, { projectId: 'p-demo' })).filter(({ kind }) => kind === 'compute.plugin.naps')
  expect(change?.after).toEqual({ because: 'it is late' })
})

test('its rule is asked with the server’s project, and its body is checked', async () => {
  const id = await put()
  expect([(await nap(id, 'other')).status, (await nap(id, 'reader')).status, (await nap('no-such')).status]).toEqual([404, 403, 404])
  expect((await nap(id, 'member', { nap: { because: 'x'.repeat(256) } })).status).toBe(400)
  expect(at.labours).toEqual([])
})

test('a lock holds it, and what it refuses is among the server’s actions', async () => {
  const locked = await put({ lockedBy: 'owner' })
  expect((await nap(locked)).body).toEqual({ conflictingRequest: { code: 409, message: `Instance ${locked} is locked` } })
  const sleepless = { ...aServer(2, { vmState: 'active', taskState: null, host: 'host1' }), metadata: { sleepless: '1' } }
  await at.insert(sleepless)
  expect((await nap(sleepless.id)).body).toMatchObject({ conflictingRequest: { message: `Server ${sleepless.id} never sleeps.` } })
  expect(await actionsOf(sleepless.id)).toMatchObject([{ action: 'nap', message: 'Error', instance_uuid: sleepless.id }])
  expect(await actionsOf(locked)).toEqual([])
})
