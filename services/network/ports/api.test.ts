import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, bench, logicsOver } from '../kit.ts'
import { everybody } from '../listings/listing.ts'

let at: Bench
let ask: Bench['ask']
let network: string
let subnet: string
beforeEach(async () => {
  at = await bench()
  ask = at.ask
  network = (await at.make('networks', { network: { name: 'net' } })).id
  subnet = (await at.make('subnets', { subnet: { network_id: network, ip_version: 4, cidr: '10.0.0.0/24' } })).id
})
afterEach(() => at.close())

const create = (port: object = {}, as?: string) =>
  ask('POST /v2.0/ports', { ...(as ? { as } : {}), body: { port: { network_id: network, ...port } } })
const addressesOf = (port: { fixed_ips: readonly { ip_address: string }[] }) => port.fixed_ips.map(one => one.ip_address)

describe('creating a port', () => {
  test('gives it a MAC, the lowest free address and the default group of its project', async () => {
    const { status, body } = await create({ name: 'web' })
    expect(status).toBe(201)
    const groups = (await ask('GET /v2.0/security-groups')).body.security_groups
    expect(body.port).toMatchObject({
      name: 'web',
      network_id: network,
      status: 'DOWN',
      mac_address: expect.stringMatching(/^fa:16:3e(:[0-9a-f]{2}){3}$/),
      fixed_ips: [{ subnet_id: subnet, ip_address: '10.0.0.2' }],
      security_groups: [groups[0].id],
      port_security_enabled: true,
      allowed_address_pairs: [],
      extra_dhcp_opts: [],
      'binding:vnic_type': 'normal',
    })
    expect(body.port['binding:host_id']).toBeUndefined()
    expect(groups.map((group: { name: string }) => group.name)).toEqual(['default'])
  })

  test('with an address of one’s own choice gives exactly that, once', async () => {
    const fixed_ips = [{ ip_address: '10.0.0.77' }]
    expect(addressesOf((await create({ fixed_ips })).body.port)).toEqual(['10.0.0.77'])
    const { status, body } = await create({ fixed_ips })
    expect([status, body.NeutronError.type]).toEqual([409, 'IpAddressAlreadyAllocated'])
    expect(addressesOf((await create()).body.port)).toEqual(['10.0.0.2'])
  })

  test.each([
    [{ fixed_ips: [{ ip_address: '10.9.0.1' }] }, 'InvalidIpForNetwork'],
    [{ fixed_ips: [{ ip_address: '10.0.0.255' }] }, 'InvalidIpForNetwork'],
    [{ fixed_ips: [{ subnet_id: '00000000-0000-4000-8000-000000000000' }] }, 'InvalidInput'],
    [{ mac_address: 'x' }, 'HTTPBadRequest'],
    [{ allowed_address_pairs: [{ mac_address: 'fa:16:3e:00:00:01' }] }, 'AllowedAddressPairsMissingIP'],
    [{ port_security_enabled: false, allowed_address_pairs: [{ ip_address: '1.2.3.4' }] }, 'AddressPairAndPortSecurityRequired'],
    [{ security_groups: ['00000000-0000-4000-8000-000000000000'] }, 'SecurityGroupNotFound'],
  ])('%j is refused as %s', async (port, type) => {
    expect((await create(port)).body.NeutronError.type).toBe(type)
  })

  test('with a MAC that is taken is a conflict', async () => {
    await create({ mac_address: 'fa:16:3e:00:00:01' })
    expect((await create({ mac_address: 'FA:16:3E:00:00:01' })).body.NeutronError.type).toBe('MacAddressInUse')
  })

  test('on a subnet that is full is refused, until an address comes back', async () => {
    const small = (await at.make('networks', { network: {} })).id
    await at.make('subnets', { subnet: { network_id: small, ip_version: 4, cidr: '10.1.0.0/30' } })
    const only = await at.make('ports', { port: { network_id: small } })
    const full = await ask('POST /v2.0/ports', { body: { port: { network_id: small } } })
    expect([full.status, full.body.NeutronError.type]).toEqual([409, 'IpAddressGenerationFailure'])
    await ask(`DELETE /v2.0/ports/${only.id}`)
    expect(addressesOf(await at.make('ports', { port: { network_id: small } }))).toEqual(['10.1.0.2'])
  })

  test('where guests make their own address gives the one their MAC makes', async () => {
    await at.make('subnets', {
      subnet: { network_id: network, ip_version: 6, cidr: '2001:db8::/64', ipv6_ra_mode: 'slaac', ipv6_address_mode: 'slaac' },
    })
    const { body } = await create({ mac_address: 'fa:16:3e:11:22:33' })
    expect(addressesOf(body.port)).toEqual(['10.0.0.2', '2001:db8::f816:3eff:fe11:2233'])
  })

  test('gets an address more when a subnet comes on which guests make their own', async () => {
    const { port } = (await create({ mac_address: 'fa:16:3e:11:22:33' })).body
    await at.make('subnets', {
      subnet: { network_id: network, ip_version: 6, cidr: '2001:db8::/64', ipv6_ra_mode: 'slaac', ipv6_address_mode: 'slaac' },
    })
    const { body } = await ask(`GET /v2.0/ports/${port.id}`)
    expect(addressesOf(body.port).sort()).toEqual(['10.0.0.2', '2001:db8::f816:3eff:fe11:2233'])
  })

  test('several at once never share an address', async () => {
    const ports = Array.from({ length: 20 }, () => ({ network_id: network }))
    const { body } = await ask('POST /v2.0/ports', { body: { ports } })
    expect(new Set(body.ports.flatMap(addressesOf)).size).toBe(20)
  })

  test('many requests at one moment never share an address', async () => {
    const made = await Promise.all(Array.from({ length: 30 }, () => create()))
    expect(made.map(({ status }) => status)).toEqual(Array.from({ length: 30 }, () => 201))
    expect(new Set(made.flatMap(({ body }) => addressesOf(body.port))).size).toBe(30)
  })
})

describe('a port that exists', () => {
  test('keeps the addresses that are still wished, and gives the others back', async () => {
    const { port } = (await create()).body
    const fixed_ips = [{ ip_address: '10.0.0.2' }, { ip_address: '10.0.0.9' }]
    const changed = await ask(`PUT /v2.0/ports/${port.id}`, { body: { port: { fixed_ips } } })
    expect(addressesOf(changed.body.port).sort()).toEqual(['10.0.0.2', '10.0.0.9'])
    await ask(`PUT /v2.0/ports/${port.id}`, { body: { port: { fixed_ips: [{ ip_address: '10.0.0.9' }] } } })
    expect(addressesOf((await create()).body.port)).toEqual(['10.0.0.2'])
  })

  test('is bound to a host by an administrator alone', async () => {
    const { port } = (await create()).body
    const body = { port: { 'binding:host_id': 'node1' } }
    expect((await ask(`PUT /v2.0/ports/${port.id}`, { body })).status).toBe(403)
    const bound = await ask(`PUT /v2.0/ports/${port.id}`, { as: 'admin', body })
    expect(bound.body.port['binding:host_id']).toBe('node1')
  })

  test('is found by any of several addresses; what is no pair is refused', async () => {
    const [one, two] = [(await create()).body.port, (await create()).body.port]
    const found = async (query: string) => (await ask(`GET /v2.0/ports?${query}`)).body.ports.map(({ id }: { id: string }) => id).toSorted()
    const named = [one, two].map(port => `fixed_ips=ip_address=${addressesOf(port)[0]}`).join('&')
    expect(await found(named)).toEqual([one.id, two.id].toSorted())
    expect(await found(`${named}&fixed_ips=subnet_id=00000000-0000-4000-8000-000000000000`)).toEqual([])
    expect(await found(`${named}&fixed_ips=constructor=1`)).toHaveLength(2)
    expect((await ask('GET /v2.0/ports?fixed_ips=10.0.0.2')).status).toBe(400)
    expect((await ask('GET /v2.0/ports?sort_key=constructor&sort_dir=asc')).status).toBe(400)
    expect((await ask(`GET /v2.0/ports?limit=${'9'.repeat(99)}`)).status).toBe(200)
  })

  test('is found by its address, its network and its device', async () => {
    await create({ device_id: 'vm-1', device_owner: 'compute:nova' })
    await create()
    const count = async (query: string) => (await ask(`GET /v2.0/ports?${query}`)).body.ports.length
    expect(await count('fixed_ips=ip_address%3D10.0.0.2')).toBe(1)
    expect(await count(`fixed_ips=subnet_id%3D${subnet}`)).toBe(2)
    expect(await count('fixed_ips=ip_address_substr%3D10.0.0')).toBe(2)
    expect(await count('device_id=vm-1')).toBe(1)
    expect(await count(`network_id=${network}&device_id=nobody`)).toBe(0)
  })

  test('holds its network and its subnet back from being deleted', async () => {
    const { port } = (await create()).body
    expect((await ask(`DELETE /v2.0/networks/${network}`)).body.NeutronError.type).toBe('NetworkInUse')
    expect((await ask(`DELETE /v2.0/subnets/${subnet}`)).body.NeutronError.type).toBe('SubnetInUse')
    expect((await ask(`DELETE /v2.0/ports/${port.id}`)).status).toBe(204)
    expect((await ask(`DELETE /v2.0/networks/${network}`)).status).toBe(204)
    expect((await ask(`GET /v2.0/subnets/${subnet}`)).status).toBe(404)
  })

  test('loses and gains options of its DHCP by their names', async () => {
    const { port } = (await create({ extra_dhcp_opts: [{ opt_name: 'bootfile-name', opt_value: 'a' }] })).body
    const change = {
      extra_dhcp_opts: [
        { opt_name: 'bootfile-name', opt_value: null },
        { opt_name: 'ntp-server', opt_value: '1.2.3.4' },
      ],
    }
    const { body } = await ask(`PUT /v2.0/ports/${port.id}`, { body: { port: change } })
    expect(body.port.extra_dhcp_opts).toEqual([{ opt_name: 'ntp-server', opt_value: '1.2.3.4', ip_version: 4 }])
  })

  test('of another project is not there', async () => {
    const { port } = (await create()).body
    expect((await ask(`GET /v2.0/ports/${port.id}`, { as: 'other' })).status).toBe(404)
    expect((await ask('GET /v2.0/ports', { as: 'other' })).body.ports).toEqual([])
  })
})

describe('what is remembered of ports', () => {
  const all = { filters: {}, sort: [] }
  /** What a service that has just begun finds, which remembers nothing yet. */
  const mustBeTrue = async () =>
    expect(await at.logics.ports.list(all, everybody)).toEqual(await logicsOver(at.db).ports.list(all, everybody))

  test('is what there is, whatever changed', async () => {
    const as = 'admin'
    const put = async (path: string, body: object) => expect((await ask(`PUT /v2.0/${path}`, { as, body })).status).toBeLessThan(300)
    const make = (path: string, body: Readonly<Record<string, object>>) => at.make(path, body, as)
    const drop = async (path: string) => expect((await ask(`DELETE /v2.0/${path}`, { as })).status).toBe(204)
    const ports = [(await create()).body.port, (await create()).body.port, (await create()).body.port]
    const [one, two, three] = ports.map(({ id }) => `ports/${id}`)
    await mustBeTrue()
    const steps = [
      () => put(`${one}`, { port: { name: 'web', fixed_ips: [{ ip_address: '10.0.0.9' }] } }),
      () => put(`${one}/tags`, { tags: ['a', 'b'] }),
      () => put(`${one}`, { port: { security_groups: [] } }),
      () => put(`${one}`, { port: { 'binding:host_id': 'host-1' } }),
      () => at.logics.ports.setStatus([ports[1].id], 'ACTIVE', { cause: { requestId: 'req-1', why: 'test' } }),
      async () => put(`networks/${network}`, { network: { qos_policy_id: (await make('qos/policies', { policy: { name: 'p' } })).id } }),
      async () => {
        const { id } = await make('qos/policies', { policy: { name: 'q' } })
        await put(`${two}`, { port: { qos_policy_id: id } })
        await mustBeTrue()
        await make(`qos/policies/${id}/minimum_bandwidth_rules`, { minimum_bandwidth_rule: { min_kbps: 5, direction: 'egress' } })
      },
      async () => {
        const sub_ports = [{ port_id: ports[2].id, segmentation_type: 'vlan', segmentation_id: 7 }]
        await make('trunks', { trunk: { port_id: ports[1].id, sub_ports } })
        await mustBeTrue()
        await put(`${three}`, { port: { mac_address: 'fa:16:3e:00:00:07' } })
      },
      () =>
        make('subnets', {
          subnet: { network_id: network, ip_version: 6, cidr: 'fd00::/64', ipv6_address_mode: 'slaac', ipv6_ra_mode: 'slaac' },
        }),
      () => drop(`${one}`),
    ]
    for (const step of steps) {
      await step()
      await mustBeTrue()
    }
  })

  test('shows each caller no more than rules let them see', async () => {
    await create({ 'binding:host_id': 'host-1' }, 'admin')
    await create()
    const seen = async (as: string) => {
      const { ports } = (await ask('GET /v2.0/ports', { as })).body
      return ports.map((port: object) => Object.hasOwn(port, 'binding:host_id'))
    }
    for (let round = 0; round < 2; round++)
      expect([await seen('admin'), await seen('member'), await seen('other')]).toEqual([[true, true], [false, false], []])
  })

  test('is the same page, with links and with only some fields', async () => {
    for (const name of ['a', 'b', 'c']) await create({ name })
    const names = async (query: string) => (await ask(`GET /v2.0/ports?${query}`)).body
    for (let round = 0; round < 2; round++) {
      const page = await names('sort_key=name&sort_dir=asc&limit=2')
      expect(page.ports.map(({ name }: { name: string }) => name)).toEqual(['a', 'b'])
      expect(page.ports_links).toMatchObject([{ rel: 'next' }, { rel: 'previous' }])
      expect(await names('sort_key=name&sort_dir=asc&fields=name')).toEqual({ ports: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] })
      expect(await names('name=nobody')).toEqual({ ports: [] })
    }
  })
})
