import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Bench, bench } from '../kit.ts'
import { gone, goneWords } from './gone.ts'

let at: Bench
beforeEach(async () => {
  at = await bench()
})
afterEach(() => at.close())

test('what is served no more says so, in every version', async () => {
  for (const route of gone) {
    const [method, path = ''] = route.split(' ')
    const url = path.replaceAll(/\{\w+\}/g, 'some-id')
    for (const number of ['2.1', '2.96']) {
      const headers = { 'openstack-api-version': `compute ${number}` }
      const { status, body } = await at.ask(`${method} /v2.1${url}`, {
        as: 'reader',
        headers,
        ...(method === 'POST' || method === 'PUT' ? { body: { any: {} } } : {}),
      })
      expect([route, status, body]).toEqual([route, 410, { computeFault: { code: 410, message: goneWords } }])
    }
  }
})

test('bare machines are another service’s, and gone from here since 2.36', async () => {
  expect((await at.ask('GET /v2.1/os-baremetal-nodes', { as: 'admin' })).status).toBe(501)
  expect((await at.ask('GET /v2.1/os-baremetal-nodes', { as: 'member' })).status).toBe(403)
  expect((await at.ask('DELETE /v2.1/os-baremetal-nodes/n', { as: 'admin' })).status).toBe(400)
  expect((await at.ask('GET /v2.1/os-baremetal-nodes', { as: 'admin', headers: { 'openstack-api-version': 'compute 2.36' } })).status).toBe(
    404,
  )
})

test('volumes are another service’s, which is not there', async () => {
  expect((await at.ask('GET /v2.1/os-volumes', { as: 'member' })).status).toBe(503)
  expect((await at.ask('GET /v2.1/os-volumes', { as: 'member', headers: { 'openstack-api-version': 'compute 2.36' } })).status).toBe(404)
  const body = { snapshot: { volume_id: 'v', create_info: { snapshot_id: 's', type: 'qcow2', new_file: 'f' } } }
  expect((await at.ask('POST /v2.1/os-assisted-volume-snapshots', { as: 'admin', body })).status).toBe(400)
  expect((await at.ask('POST /v2.1/os-assisted-volume-snapshots', { as: 'member', body })).status).toBe(403)
})

test('the audit of usage names the last whole month', async () => {
  const asked = (path: string, as = 'admin') => at.ask(`GET /v2.1/os-instance_usage_audit_log${path}`, { as })
  expect((await asked('/2012-07-05%2010:00:00')).body.instance_usage_audit_log).toMatchObject({
    ...{ period_beginning: '2012-06-01 00:00:00', period_ending: '2012-07-01 00:00:00', log: {} },
  })
  expect((await asked('')).body.instance_usage_audit_logs).toMatchObject({ total_errors: 0 })
  expect((await asked('/yesterday')).status).toBe(400)
  expect((await asked('', 'member')).status).toBe(403)
})
