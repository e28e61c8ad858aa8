import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, bench } from '../kit.ts'

let at: Bench
let port: { id: string; security_groups: readonly string[] }
beforeEach(async () => {
  at = await bench()
  const network = (await at.make('networks', { network: {} })).id
  port = await at.make('ports', { port: { network_id: network } })
})
afterEach(() => at.close())

const ask = (method: string, rest = '', body?: object, as = 'admin') => at.ask(`${method} /v2.0/log/${rest}`, { as, body })
const create = (log: object = {}) => ask('POST', 'logs', { log: { resource_type: 'security_group', project_id: 'p-demo', ...log } })
const refusal = ({ status, body }: { status: number; body: { NeutronError: { type: string } } }) => [status, body.NeutronError.type]
const nowhere = '00000000-0000-4000-8000-000000000000'

describe('a log of traffic', () => {
  test('is of what security groups do', async () => {
    expect((await ask('GET', 'loggable-resources')).body).toEqual({ loggable_resources: [{ type: 'security_group' }] })
    const { status, body } = await create({ name: 'l', event: 'DROP', target_id: port.id })
    expect([status, body.log]).toMatchObject([201, { name: 'l', event: 'DROP', enabled: true, target_id: port.id, resource_id: null }])
    const off = await ask('PUT', `logs/${body.log.id}`, { log: { enabled: false } })
    expect(off.body.log).toMatchObject({ enabled: false, revision_number: 1 })
    expect((await ask('GET', 'logs?enabled=False')).body.logs).toHaveLength(1)
    expect((await ask('DELETE', `logs/${body.log.id}`)).status).toBe(204)
  })

  test('is of groups and ports that are there and belong together', async () => {
    const other = await at.make('security-groups', { security_group: { name: 'other' } })
    expect(refusal(await create({ resource_type: 'router' }))).toEqual([400, 'InvalidLogResourceType'])
    expect(refusal(await create({ resource_id: nowhere }))).toEqual([404, 'ResourceNotFound'])
    expect(refusal(await create({ target_id: nowhere }))).toEqual([404, 'TargetResourceNotFound'])
    expect(refusal(await create({ resource_id: other.id, target_id: port.id }))).toEqual([400, 'InvalidResourceConstraint'])
    expect((await create({ resource_id: port.security_groups[0], target_id: port.id })).status).toBe(201)
    expect(refusal(await ask('GET', `logs/${nowhere}`))).toEqual([404, 'LogResourceNotFound'])
  })

  test('goes with its port or its group', async () => {
    const group = await at.make('security-groups', { security_group: { name: 'g' } })
    await create({ target_id: port.id })
    await create({ resource_id: group.id })
    await at.ask(`DELETE /v2.0/ports/${port.id}`)
    await at.ask(`DELETE /v2.0/security-groups/${group.id}`)
    expect((await ask('GET', 'logs')).body.logs).toEqual([])
  })

  test('is an administrator’s', async () => {
    expect((await ask('POST', 'logs', { log: { resource_type: 'security_group' } }, 'member')).status).toBe(403)
    expect((await ask('GET', 'loggable-resources', undefined, 'member')).status).toBe(403)
    await create()
    expect((await ask('GET', 'logs', undefined, 'member')).body.logs).toEqual([])
  })
})
