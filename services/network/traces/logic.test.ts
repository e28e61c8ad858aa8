import type { Defect } from '@kilonova/network-agent/contract/observation.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Bench, bench, cause, settingsWith } from '../kit.ts'
import { wiringStore } from '../wiring/store.ts'
import { traceLogic } from './logic.ts'
import { traceStore } from './store.ts'
import type { Question } from './trace/trace.ts'

/** Two servers on two hosts, and a third behind a router that leads out; hosts show what each test says. */
let at: Bench
const ids: Record<string, string> = {}
let defects: readonly Defect[] = []
let refusing: string | undefined
/** Addresses that answer nobody. */
let silent: readonly string[] = []

const make = async (path: string, body: Readonly<Record<string, object>>) => {
  const made = await at.make(path, body, 'admin')
  return String(made.id)
}

beforeAll(async () => {
  at = await bench(settingsWith({ ml2: { tenant_network_types: ['vxlan'] }, ml2_type_flat: { flat_networks: ['public'] } }))
  for (const [n, host] of ['host1', 'host2'].entries()) {
    const configurations = { 'Linux bridge agent': { tunneling_ip: `192.0.2.${n + 1}` }, 'L3 agent': {}, 'DHCP agent': {} }
    await at.logics.agents.heard({ host, startedAt: '2026-01-01T00:00:00Z', configurations }, cause)
  }
  const flat = { 'router:external': true, 'provider:network_type': 'flat', 'provider:physical_network': 'public' }
  ids['public'] = await make('networks', { network: { name: 'public', ...flat } })
  const subnet = (network_id: string | undefined, cidr: string, more = {}) =>
    make('subnets', { subnet: { network_id, cidr, ip_version: 4, ...more } })
  await subnet(ids['public'], '172.24.4.0/24', { enable_dhcp: false })
  ids['private'] = await make('networks', { network: { name: 'private' } })
  ids['back'] = await make('networks', { network: { name: 'back' } })
  // Nobody makes ports of DHCP servers here.
  const still = { enable_dhcp: false }
  const [inner, behind] = [await subnet(ids['private'], '10.1.0.0/24', still), await subnet(ids['back'], '10.2.0.0/24', still)]
  ids['router'] = await make('routers', { router: { name: 'r', external_gateway_info: { network_id: ids['public'] } } })
  for (const subnet_id of [inner, behind])
    await at.ask(`PUT /v2.0/routers/${ids['router']}/add_router_interface`, { as: 'admin', body: { subnet_id } })
  ids['web'] = await make('security-groups', { security_group: { name: 'web' } })
  const http = { direction: 'ingress', protocol: 'tcp', port_range_min: 80, port_range_max: 80 }
  ids['rule'] = await make('security-group-rules', { security_group_rule: { security_group_id: ids['web'], ...http } })
  const port = (name: string, n: number, network_id: string | undefined, host: string) =>
    make('ports', {
      port: {
        ...{
          name,
          network_id,
          'binding:host_id': host,
          device_owner: 'compute:nova',
          device_id: `server-${name}`,
          security_groups: [ids['web']],
        },
        fixed_ips: [{ ip_address: `10.${network_id === ids['private'] ? 1 : 2}.0.1${n}` }],
      },
    })
  ids['vm1'] = await port('vm1', 1, ids['private'], 'host1')
  ids['vm2'] = await port('vm2', 2, ids['private'], 'host2')
  ids['vm3'] = await port('vm3', 3, ids['back'], 'host2')
  ids['twin'] = await port('twin', 4, ids['back'], 'host1')
  await port('twin', 5, ids['back'], 'host1').then(id =>
    at.ask(`PUT /v2.0/ports/${id}`, { as: 'admin', body: { port: { device_id: 'another' } } }),
  )
})
afterAll(() => at?.close())

type Asked = Parameters<ReturnType<typeof traceLogic>['trace']>[0]
type Shown = { readonly [K in keyof Defect]?: Defect[K] | undefined }

async function trace(question: Asked, shown: readonly Shown[] = []) {
  const plain = {
    where: 'there',
    what: 'it is amiss',
    remedy: 'mend it',
    stops: true,
    repairedBy: 'agent' as const,
    subject: '',
    part: 'tap' as const,
  }
  defects = shown.map(one => ({ ...plain, ...one }) as Defect)
  const traces = traceLogic({
    ...{ store: traceStore(at.db), landscape: wiringStore(at.db), agents: at.logics.agents, domain: '', clock: systemClock },
    hosts: {
      observe: async host => {
        if (host === refusing) throw new Error('it does not answer')
        return { host, bridges: [], namespaces: [], differences: [], defects }
      },
      probe: async (host, { to }) => {
        if (host === refusing) throw new Error('it does not answer')
        return { answered: !silent.includes(to) }
      },
    },
  })
  return traces.trace(question, cause)
}

const web: Question = { from: 'vm1', to: 'vm2', port: 80 }
const across: Question = { from: 'vm1', to: 'vm3', port: 80 }
const out: Question = { from: 'vm1', to: '8.8.8.8' }

test('where nothing is amiss, it arrives by every way', async () => {
  for (const question of [web, across, out, { from: 'vm3', to: 'outside', port: 443 }, { from: 'vm1', to: 'metadata' }])
    expect(await trace(question)).toMatchObject({ arrives: true, conclusion: expect.stringMatching(/^It arrives: /) })
})

test('ends are called by ids, names and addresses, and who is meant by too little is asked', async () => {
  for (const from of [ids['vm1'] ?? '', 'server-vm1', 'vm1', '10.1.0.11'])
    expect((await trace({ ...web, from })).packet.source).toBe('10.1.0.11')
  await expect(trace({ from: 'nobody', to: 'vm1' })).rejects.toThrow('There is no server, port or address nobody.')
  await expect(trace({ from: 'vm1', to: 'twin' })).rejects.toThrow(/twin may be one of /)
})

/** A defect of a kind, and what is said when a packet of that way needs it. */
const cases: readonly [string, Question, () => Shown, RegExp][] = [
  [
    'a tap',
    web,
    () => ({ subject: ids['vm2'], part: 'tap', what: 'tap is down' }),
    /^It stops at tap.* on host1?2?: tap is down\. Remedy: mend it; the agent/,
  ],
  [
    'a bridge',
    web,
    () => ({ subject: ids['private'], part: 'bridge', what: 'the bridge is down' }),
    /^It stops at brq.*: the bridge is down/,
  ],
  [
    'a tunnel',
    web,
    () => ({ subject: ids['private'], part: 'uplink', what: 'vxlan is down' }),
    /^It stops at vxlan-.* on host1: vxlan is down/,
  ],
  [
    'a card',
    web,
    () => ({ subject: ids['vm1'], part: 'card', what: 'another card', repairedBy: 'hypervisor' }),
    /another card\. Remedy: mend it\.$/,
  ],
  ['a rule that is not loaded', web, () => ({ subject: ids['vm2'], part: 'filter-in', about: [ids['rule'] ?? ''] }), /^It stops/],
  ['answers', web, () => ({ subject: ids['vm1'], part: 'answers', about: ['i'] }), /^It stops/],
  ['a strange rule', web, () => ({ subject: ids['vm2'], part: 'filter-in' }), /^It stops/],
  ['pretending', web, () => ({ subject: ids['vm1'], part: 'spoof', about: ['10.1.0.11'] }), /^It stops/],
  ['a router that is gone', across, () => ({ subject: ids['router'], part: 'namespace' }), /^It stops at qrouter-/],
  ['forwarding', across, () => ({ subject: ids['router'], part: 'setting', about: ['net.ipv4.ip_forward'] }), /^It stops at qrouter-/],
  ['the default route', out, () => ({ subject: ids['router'], part: 'route', about: ['0.0.0.0/0'] }), /^It stops at qrouter-/],
  ['a neighbour', across, () => ({ subject: ids['router'], part: 'neighbour', about: ['10.2.0.13'], where: 'qr-' }), /^It arrives/],
  ['translation', out, () => ({ subject: ids['router'], part: 'nat', about: ['snat'] }), /^It stops at qrouter-/],
  ['a rule of the router that drops', across, () => ({ subject: ids['router'], part: 'nat', about: ['drop'] }), /^It stops at qrouter-/],
  ['the way out', out, () => ({ subject: ids['public'], part: 'way-out', repairedBy: 'operator' }), /^It stops at brq/],
  ['metadata', { from: 'vm1', to: 'metadata' }, () => ({ subject: ids['router'], part: 'metadata' }), /^It stops at qrouter-/],
  ['large packets', web, () => ({ subject: ids['vm2'], part: 'mtu', largerThan: 1280 }), /^Packets above 1280 bytes stop at tap/],
  [
    'no guard at all',
    web,
    () => ({ subject: 'firewall', part: 'guard', stops: false, what: 'nobody guards' }),
    /^It arrives: .* But nobody guards\.$/,
  ],
]

test.each(cases)('of %s amiss the sentence tells', async (_, question, shown, says) => {
  expect((await trace(question, [shown()])).conclusion).toMatch(says)
})

test('what is amiss beside the way does not stop the packet', async () => {
  const others = [
    { subject: ids['vm3'] ?? '', part: 'tap' as const },
    { subject: ids['vm2'] ?? '', part: 'filter-in' as const, about: ['a rule of another kind'] },
    { subject: ids['router'] ?? '', part: 'route' as const, about: ['10.77.0.0/16'] },
    { subject: ids['private'] ?? '', part: 'forwarding' as const, about: ['fa:16:3e:00:00:00', '192.0.2.2'] },
  ]
  expect((await trace(web, others)).arrives).toBe(true)
})

test('a group without a rule is told with what it has, and with the command that would let the packet in', async () => {
  const { arrives, conclusion } = await trace({ ...web, port: 22 })
  expect(arrives).toBe(false)
  expect(conclusion).toMatch(/no rule of web lets tcp 22 from 10\.1\.0\.11 through; there is tcp 80 from anywhere/)
  expect(conclusion).toMatch(/openstack security group rule create --ingress --protocol tcp --dst-port 22 --remote-ip 10\.1\.0\.11\/32 web/)
})

test('a host that cannot be asked is said, and nothing is promised', async () => {
  refusing = 'host2'
  expect(await trace(web)).toMatchObject({
    arrives: undefined,
    conclusion: expect.stringMatching(/^Nobody can say whether it arrives: host2 cannot be looked at/),
  })
  refusing = undefined
})

test('outside reaches floating IPs alone', async () => {
  expect((await trace({ from: 'outside', to: 'vm1', port: 80 })).conclusion).toMatch(/nobody outside knows the way to 10\.1\.0\.11/)
  const body = { floatingip: { floating_network_id: ids['public'], floating_ip_address: '172.24.4.50', port_id: ids['vm2'] } }
  const made = await at.ask('POST /v2.0/floatingips', { as: 'admin', body })
  expect(made.status).toBe(201)
  const through = await trace({ from: 'outside', to: 'vm2', port: 80 })
  expect([through.arrives, through.packet.destination]).toEqual([true, '172.24.4.50'])
  const lost = await trace({ from: 'outside', to: '172.24.4.50', port: 80 }, [
    { subject: ids['router'], part: 'nat', about: [made.body.floatingip.id] },
  ])
  expect(lost.arrives).toBe(false)
})

const probed = async (question: Question, ...addresses: readonly string[]) => {
  silent = addresses
  return trace({ ...question, isProbed: true })
}

test('where all is well and somebody is silent, what is to be looked into is the nearest who is', async () => {
  const [guest, gateway, world] = ['10.1.0.11', '172.24.4.1', '8.8.8.8']
  expect(await probed(out)).toMatchObject({ arrives: true, probes: [{ answered: true }, { answered: true }, { answered: true }] })
  const beyond = await probed(out, world)
  expect(beyond.arrives).toBe(false)
  expect(beyond.conclusion).toMatch(
    /8\.8\.8\.8 from router r: does not answer\. Remedy: look at the way outside behind 172\.24\.4\.1: .*172\.24\.4\.0\/24/,
  )
  expect((await probed(out, world, gateway)).conclusion).toMatch(/Remedy: look whether 172\.24\.4\.1, by which public leads on, is there/)
  expect((await probed(out, world, gateway, guest)).conclusion).toMatch(/Remedy: look into vm1: its console/)
  expect((await probed({ from: 'vm1', to: '172.24.4.99' }, '172.24.4.99')).conclusion).toMatch(
    /Remedy: look into 172\.24\.4\.99, which is on network public/,
  )
  expect((await probed(web, '10.1.0.12')).conclusion).toMatch(/Remedy: look into vm2: its console/)
  expect((await probed({ from: 'vm1', to: 'outside' }, gateway)).probes).toMatchObject([{ answered: true }, { answered: false }])
})

test('behind a floating IP the server that has it is asked, and the next hop outside', async () => {
  const inwards = { from: 'outside', to: '172.24.4.50', port: 80 }
  expect((await probed(inwards)).probes.map(({ says }) => says.split(' ')[0])).toEqual(['10.1.0.12', '172.24.4.1'])
  expect((await probed(inwards, '10.1.0.12')).conclusion).toMatch(/Remedy: look into vm2: its console/)
})

test('where a probe cannot be sent, its host is to be seen to', async () => {
  const { probes } = await trace({ ...out, isProbed: true })
  expect(probes.every(({ remedy }) => remedy === undefined)).toBe(true)
  refusing = 'host1'
  const refused = await trace({ ...out, isProbed: true })
  refusing = undefined
  expect(refused.probes.find(({ remedy }) => remedy)?.remedy).toMatch(/^see to the network agent of host/)
})

test('of several gateways packets take the one they belong to, there and back', async () => {
  const far = await make('networks', { network: { name: 'far', 'router:external': true } })
  await make('subnets', { subnet: { network_id: far, cidr: '172.24.5.0/24', ip_version: 4, enable_dhcp: false } })
  const body = { router: { external_gateways: [{ network_id: far }] } }
  expect((await at.ask(`PUT /v2.0/routers/${ids['router']}/add_external_gateways`, { as: 'admin', body })).status).toBe(200)
  const floating = { floating_network_id: far, port_id: ids['vm1'], floating_ip_address: '172.24.5.50' }
  await make('floatingips', { floatingip: floating })
  const ports = (await at.ask(`GET /v2.0/ports?device_id=${ids['router']}&network_id=${far}`, { as: 'admin' })).body.ports
  const device = `qg-${String(ports[0].id).slice(0, 11)}`
  const saysOf = async (question: Question) => (await trace(question)).hops.map(({ what, says }) => `${what}: ${says}`)

  expect(await saysOf(out)).toEqual(
    expect.arrayContaining([`its route: 0.0.0.0/0 via 172.24.5.1 on ${device}`, 'addresses change: 10.1.0.11 becomes 172.24.5.50']),
  )
  expect((await saysOf({ from: 'vm3', to: '8.8.8.8' })).find(said => said.startsWith('its route: 0.0.0.0/0'))).toContain(
    'via 172.24.4.1 on qg-',
  )
  expect(await saysOf({ from: 'vm3', to: '172.24.5.99' })).toContainEqual(expect.stringMatching(/10\.2\.0\.13 becomes 172\.24\.5\.(?!50)/))
  const inwards = { from: 'outside', to: '172.24.5.50', port: 80 }
  expect(await saysOf(inwards)).toContain(`back: its route: 0.0.0.0/0 via 172.24.5.1 on ${device}`)
  expect((await probed(inwards)).probes.map(({ says }) => says.split(' ')[0])).toEqual(['10.1.0.11', '172.24.5.1'])

  const lost = await trace(inwards, [{ subject: ids['router'], part: 'nat', about: ['way-back'] }])
  expect(lost.arrives).toBe(false)
  const table = { subject: ids['router'], part: 'route', about: [`IPv4 by ${device}`] } as const
  expect((await trace(inwards, [table])).arrives).toBe(false)
  expect((await trace({ from: 'vm3', to: '8.8.8.8' }, [table])).arrives).toBe(true)
  const elsewhere = { subject: ids['router'], part: 'nat', about: [`snat ${device}`] } as const
  expect((await trace({ from: 'vm3', to: '8.8.8.8' }, [elsewhere])).arrives).toBe(true)
  expect((await trace({ from: 'vm3', to: '172.24.5.99' }, [elsewhere])).arrives).toBe(false)
})

test('administrators may ask, and nobody else', async () => {
  const body = { trace: { from: 'vm1', to: 'vm2', port: 80 } }
  expect((await at.ask('POST /v2.0/traces', { body })).status).toBe(403)
  expect((await at.ask('POST /v2.0/traces', { as: 'other', body })).status).toBe(403)
  const told = await at.ask('POST /v2.0/traces', { as: 'admin', body })
  expect([told.status, told.body.trace.arrives]).toEqual([200, null])
  const unknown = await at.ask('POST /v2.0/traces', { as: 'admin', body: { trace: { from: 'nobody', to: 'vm2' } } })
  expect([unknown.status, unknown.body.NeutronError.type]).toEqual([404, 'TraceEndNotFound'])
})
