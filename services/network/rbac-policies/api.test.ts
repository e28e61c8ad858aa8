import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Bench, bench } from '../kit.ts'

let at: Bench
beforeEach(async () => {
  at = await bench()
})
afterEach(() => at.close())

const open = (object_type: string, object_id: string, target_tenant = 'p-other', action = 'access_as_shared', as = 'member') =>
  at.make('rbac-policies', { rbac_policy: { object_type, object_id, target_tenant, action } }, as)
const drop = (policy: { id: string }) => at.ask(`DELETE /v2.0/rbac-policies/${policy.id}`, { as: 'admin' })
const inUse = { status: 409, body: { NeutronError: { type: 'RbacPolicyInUse' } } }
const outside = { name: 'out', 'router:external': true }

/** Each type of object, and how another project uses it. */
const uses: Readonly<Record<string, () => Promise<readonly [id: string, use: () => Promise<unknown>]>>> = {
  network: async () => {
    const { id } = await at.make('networks', { network: { name: 'n' } })
    return [id, () => at.make('ports', { port: { network_id: id } }, 'other')]
  },
  security_group: async () => {
    const { id } = await at.make('security-groups', { security_group: { name: 'g' } })
    const network = await at.make('networks', { network: { name: 'n' } }, 'other')
    return [id, () => at.make('ports', { port: { network_id: network.id, security_groups: [id] } }, 'other')]
  },
  qos_policy: async () => {
    const { id } = await at.make('qos/policies', { policy: { name: 'q', project_id: 'p-demo' } }, 'admin')
    return [id, () => at.make('networks', { network: { name: 'n', qos_policy_id: id } }, 'other')]
  },
  subnetpool: async () => {
    const { id } = await at.make('subnetpools', { subnetpool: { name: 's', prefixes: ['10.0.0.0/16'], default_prefixlen: 24 } })
    const network = await at.make('networks', { network: { name: 'n' } }, 'other')
    return [id, () => at.make('subnets', { subnet: { network_id: network.id, ip_version: 4, subnetpool_id: id } }, 'other')]
  },
  address_scope: async () => {
    const { id } = await at.make('address-scopes', { address_scope: { name: 'a', ip_version: 4 } })
    const pool = { name: 's', prefixes: ['10.0.0.0/16'], address_scope_id: id }
    return [id, () => at.make('subnetpools', { subnetpool: pool }, 'other')]
  },
  address_group: async () => {
    const { id } = await at.make('address-groups', { address_group: { name: 'a', addresses: ['192.0.2.0/24'] } })
    const group = await at.make('security-groups', { security_group: { name: 'g' } }, 'other')
    const rule = { security_group_id: group.id, direction: 'ingress', remote_address_group_id: id }
    return [id, () => at.make('security-group-rules', { security_group_rule: rule }, 'other')]
  },
}

test.each(Object.keys(uses))('another project uses a %s that is opened to it, and then it stays open', async type => {
  const [id, use] = (await uses[type]?.()) ?? ['', async () => {}]
  await expect(use()).rejects.toThrow(/answered 40[04]/)
  const first = await open(type, id, 'p-other', 'access_as_shared', 'admin')
  await use()
  expect(await drop(first)).toMatchObject(inUse)
  const second = await open(type, id, '*', 'access_as_shared', 'admin')
  expect((await drop(first)).status).toBe(204)
  expect(await drop(second)).toMatchObject(inUse)
  const moved = { rbac_policy: { target_tenant: 'p-nobody' } }
  expect(await at.ask(`PUT /v2.0/rbac-policies/${second.id}`, { as: 'admin', body: moved })).toMatchObject(inUse)
})

test('a QoS policy that others use is not taken from them by its own word either', async () => {
  const { id } = await at.make('qos/policies', { policy: { name: 'q', shared: true, project_id: 'p-demo' } }, 'admin')
  const network = await at.make('networks', { network: { name: 'n', qos_policy_id: id } }, 'other')
  const close = () => at.ask(`PUT /v2.0/qos/policies/${id}`, { as: 'admin', body: { policy: { shared: false } } })
  expect(await close()).toMatchObject(inUse)
  await at.ask(`DELETE /v2.0/networks/${network.id}`, { as: 'other' })
  expect(await close()).toMatchObject({ status: 200, body: { policy: { shared: false } } })
})

test('a network leads out for those it is opened to, until nobody is left', async () => {
  const { id } = await at.make('networks', { network: { name: 'n' } }, 'admin')
  await at.make('subnets', { subnet: { network_id: id, ip_version: 4, cidr: '198.51.100.0/24' } }, 'admin')
  const isExternal = async () => (await at.ask(`GET /v2.0/networks/${id}`, { as: 'admin' })).body['network']['router:external']
  const policy = await open('network', id, 'p-other', 'access_as_external', 'admin')
  expect(await isExternal()).toBe(true)
  const router = await at.make('routers', { router: { name: 'r', external_gateway_info: { network_id: id } } }, 'other')
  expect(await drop(policy)).toMatchObject(inUse)
  await at.ask(`DELETE /v2.0/routers/${router.id}`, { as: 'other' })
  expect((await drop(policy)).status).toBe(204)
  expect(await isExternal()).toBe(false)
})

test('the network that leads everybody out by default stays open to all', async () => {
  const { id } = await at.make('networks', { network: { ...outside, is_default: true } }, 'admin')
  const { body } = await at.ask(`GET /v2.0/rbac-policies?object_id=${id}`, { as: 'admin' })
  expect(await drop(body['rbac_policies'][0])).toMatchObject(inUse)
})

test.each([
  [{ object_type: 'wolf' }, 400, 'InvalidInput'],
  [{ object_type: 'constructor' }, 400, 'InvalidInput'],
  [{ action: 'access_as_external' }, 400, 'InvalidInput'],
  [{ target_tenant: '*' }, 403, 'PolicyNotAuthorized'],
])('%j is refused', async (more, status, type) => {
  const { id } = await at.make('security-groups', { security_group: { name: 'g' } })
  const rbac_policy = { object_type: 'security_group', object_id: id, target_tenant: 'p-other', action: 'access_as_shared', ...more }
  const body = { rbac_policy }
  expect(await at.ask('POST /v2.0/rbac-policies', { body })).toMatchObject({ status, body: { NeutronError: { type } } })
})

test('what is opened to a project already is not opened to it again', async () => {
  const { id } = await at.make('networks', { network: { name: 'n' } })
  await open('network', id)
  const body = { rbac_policy: { object_type: 'network', object_id: id, target_tenant: 'p-other', action: 'access_as_shared' } }
  const both = await Promise.all([1, 2].map(() => at.ask('POST /v2.0/rbac-policies', { body })))
  expect(both.map(({ status }) => status)).toEqual([409, 409])
})
