import { describe, expect, test } from 'vitest'
import type { RouterGateway, RouterWiring } from '../../contract/router.ts'
import { aNetwork, aSetup, aWiring, idOf, macOf } from '../../kit/wirings.ts'
import { defectsOf } from '../defects/defects.ts'
import { fulfilled } from '../defects/fulfilled.ts'
import type { SeenNamespace } from '../defects/seen.ts'
import { desire } from '../desired/desire.ts'
import { outsOf } from './gateways.ts'

const [near, far, inner] = [aNetwork(1), aNetwork(2), aNetwork(3)]
const gateway = (n: number, networkId: string, more: Partial<RouterGateway> = {}): RouterGateway => ({
  portId: idOf(0x78, n),
  networkId,
  macAddress: macOf(n),
  fixedIps: [{ subnetId: `o${n}`, address: `192.0.${n}.5`, prefixLength: 24 }],
  nexthops: [`192.0.${n}.1`],
  hasSnat: true,
  ...more,
})
const router: RouterWiring = {
  id: idOf(0x77, 1),
  projectId: 'p',
  isUp: true,
  interfaces: [
    {
      portId: idOf(0x79, 1),
      networkId: inner.id,
      macAddress: macOf(9),
      fixedIps: [{ subnetId: 's', address: '10.0.0.1', prefixLength: 24 }],
      subnets: [{ id: 's', cidr: '10.0.0.0/24', ipVersion: 4, nameServers: [] }],
    },
  ],
  gateway: gateway(1, near.id),
  extraGateways: [gateway(2, far.id)],
  floatingIps: [
    { id: 'a', address: '192.0.1.9', fixedAddress: '10.0.0.11' },
    { id: 'b', address: '192.0.2.9', fixedAddress: '10.0.0.11', gatewayPortId: idOf(0x78, 2) },
    { id: 'c', address: '192.0.2.10', fixedAddress: '10.0.0.12', gatewayPortId: idOf(0x78, 2) },
  ],
  portForwardings: [],
  routes: [
    { destination: '198.51.100.0/24', nexthop: '192.0.2.77' },
    { destination: '203.0.113.0/24', nexthop: '10.0.0.7' },
  ],
}

const namespaceOf = (more: Partial<RouterWiring> = {}, networks = [near, far, inner]) => {
  const [found] = desire(aWiring({ networks, routers: [{ ...router, ...more }] }), aSetup()).namespaces
  if (!found) throw new Error('there is no namespace')
  return found
}
const rulesOf = (text = '') => text.split('\n').filter(line => line.startsWith('-A '))
const among = (rules: readonly string[], ...words: readonly string[]) => rules.filter(rule => words.some(word => rule.includes(word)))

describe('a router with two gateways', () => {
  test('sends everything by the first, and by the second what its table is asked for', () => {
    expect(namespaceOf().routes).toEqual([
      { destination: '0.0.0.0/0', via: '192.0.1.1', device: 'qg-78000001-00', isOnLink: false },
      { destination: '198.51.100.0/24', via: '192.0.2.77', device: 'qg-78000002-00' },
      { destination: '203.0.113.0/24', via: '10.0.0.7', device: 'qr-79000001-00' },
      { destination: '192.0.1.0/24', device: 'qg-78000001-00', table: 1122 },
      { destination: '0.0.0.0/0', via: '192.0.1.1', device: 'qg-78000001-00', isOnLink: false, table: 1122 },
      { destination: '192.0.2.0/24', device: 'qg-78000002-00', table: 1123 },
      { destination: '0.0.0.0/0', via: '192.0.2.1', device: 'qg-78000002-00', isOnLink: false, table: 1123 },
      { destination: '198.51.100.0/24', via: '192.0.2.77', device: 'qg-78000002-00', table: 1123 },
    ])
  })

  test('leads out by IPv6 likewise', () => {
    const six = (n: number) =>
      gateway(n, n === 1 ? near.id : far.id, {
        fixedIps: [{ subnetId: `s${n}`, address: `2001:db8:${n}::5`, prefixLength: 64 }],
        nexthops: [`2001:db8:${n}::1`],
      })
    const { routes } = namespaceOf({ gateway: six(1), extraGateways: [six(2)], floatingIps: [], routes: [] })
    expect(routes.map(({ destination, via, table }) => [destination, via, table])).toEqual([
      ['::/0', '2001:db8:1::1', undefined],
      ['2001:db8:1::/64', undefined, 1122],
      ['::/0', '2001:db8:1::1', 1122],
      ['2001:db8:2::/64', undefined, 1123],
      ['::/0', '2001:db8:2::1', 1123],
    ])
  })

  test('finds what is near without marks, and asks the tables by them', () => {
    const { rules = [] } = namespaceOf()
    expect(rules.filter(({ version }) => version === 4)).toEqual([
      { version: 4, priority: 100, mark: 0, mask: 0x1000_0000, table: 'main', skipsDefault: true },
      { version: 4, priority: 200, mark: 0x7a_0000, mask: 0xfff_0000, table: 1122 },
      { version: 4, priority: 200, mark: 0x7b_0000, mask: 0xfff_0000, table: 1123 },
    ])
    expect(rules.filter(({ version }) => version === 6)).toHaveLength(3)
  })

  test('gives each device the floating IPs of its network, and tells the neighbours of all', () => {
    const { addresses, announced } = namespaceOf()
    const outside = addresses.filter(({ device }) => device.startsWith('qg-'))
    expect(outside.map(({ device, cidr }) => `${device} ${cidr}`)).toEqual([
      'qg-78000001-00 192.0.1.5/24',
      'qg-78000001-00 192.0.1.9/32',
      'qg-78000002-00 192.0.2.5/24',
      'qg-78000002-00 192.0.2.9/32',
      'qg-78000002-00 192.0.2.10/32',
    ])
    expect(announced.map(({ address }) => address)).toEqual(outside.map(({ cidr }) => cidr.split('/')[0]))
  })

  test('lets connections remember by which gateway they came, or are to go', () => {
    expect(among(rulesOf(namespaceOf().tables?.v4), 'CONNMARK', 'MARK --set-xmark 0x2')).toMatchInlineSnapshot(`
      [
        "-A neutron-l3-agent-PREROUTING -i qg-78000001-00 -j MARK --set-xmark 0x2/0xffff",
        "-A neutron-l3-agent-PREROUTING -i qg-78000002-00 -j MARK --set-xmark 0x2/0xffff",
        "-A neutron-l3-agent-PREROUTING -i qg-78000001-00 -m conntrack --ctstate NEW -j CONNMARK --set-xmark 0x107a0000/0x1fff0000",
        "-A neutron-l3-agent-PREROUTING -i qg-78000002-00 -m conntrack --ctstate NEW -j CONNMARK --set-xmark 0x107b0000/0x1fff0000",
        "-A neutron-l3-agent-PREROUTING -s 10.0.0.12/32 -i qr-+ -m conntrack --ctstate NEW -j CONNMARK --set-xmark 0x7b0000/0x1fff0000",
        "-A neutron-l3-agent-PREROUTING -i qr-+ -j CONNMARK --restore-mark --nfmask 0x1fff0000 --ctmask 0x1fff0000",
        "-A neutron-l3-agent-OUTPUT -j CONNMARK --restore-mark --nfmask 0x1fff0000 --ctmask 0x1fff0000",
      ]
    `)
    expect(among(rulesOf(namespaceOf().tables?.v6), 'CONNMARK')).toHaveLength(4)
  })

  test('translates by the device that a packet leaves by', () => {
    expect(among(rulesOf(namespaceOf().tables?.v4), '-j SNAT', '-j ACCEPT')).toMatchInlineSnapshot(`
      [
        "-A neutron-l3-agent-float-snat -s 10.0.0.11/32 -o qg-78000001-00 -j SNAT --to-source 192.0.1.9 --random-fully",
        "-A neutron-l3-agent-float-snat -s 10.0.0.11/32 ! -o qg-+ -j SNAT --to-source 192.0.1.9 --random-fully",
        "-A neutron-l3-agent-float-snat -s 10.0.0.11/32 -o qg-78000002-00 -j SNAT --to-source 192.0.2.9 --random-fully",
        "-A neutron-l3-agent-float-snat -s 10.0.0.11/32 ! -o qg-+ -j SNAT --to-source 192.0.2.9 --random-fully",
        "-A neutron-l3-agent-float-snat -s 10.0.0.12/32 -o qg-78000002-00 -j SNAT --to-source 192.0.2.10 --random-fully",
        "-A neutron-l3-agent-float-snat -s 10.0.0.12/32 ! -o qg-+ -j SNAT --to-source 192.0.2.10 --random-fully",
        "-A neutron-l3-agent-POSTROUTING ! -o qg-+ -m mark ! --mark 0x2/0xffff -m conntrack ! --ctstate DNAT -j ACCEPT",
        "-A neutron-l3-agent-snat -o qg-78000001-00 -j SNAT --to-source 192.0.1.5 --random-fully",
        "-A neutron-l3-agent-snat -o qg-78000002-00 -j SNAT --to-source 192.0.2.5 --random-fully",
        "-A neutron-l3-agent-snat -m mark ! --mark 0x2/0xffff -m conntrack --ctstate DNAT -j SNAT --to-source 192.0.1.5 --random-fully",
        "-A neutron-l3-agent-INPUT -m mark --mark 0x1/0xffff -j ACCEPT",
      ]
    `)
    const { tables } = namespaceOf({ extraGateways: [gateway(2, far.id, { hasSnat: false })] })
    expect(among(rulesOf(tables?.v4), '-snat -o qg-')).toEqual([
      '-A neutron-l3-agent-snat -o qg-78000001-00 -j SNAT --to-source 192.0.1.5 --random-fully',
    ])
  })

  test('does not lead out by the second where the first has no bridge here', () => {
    const { routes } = namespaceOf({}, [far, inner])
    expect(routes.filter(({ table }) => table === undefined).map(({ destination }) => destination)).toEqual([
      '198.51.100.0/24',
      '203.0.113.0/24',
    ])
  })

  test('has neither tables nor rules of routing when it is off, or one gateway is left', () => {
    const { gateway: first, ...alone } = { ...router, extraGateways: [] }
    for (const { rules, routes } of [namespaceOf({ isUp: false }), namespaceOf({ ...alone, gateway: first })])
      expect([rules, routes.filter(({ table }) => table !== undefined)]).toEqual([undefined, []])
  })
})

test('what is not as the gateways need it is told, with what would be done by hand', () => {
  const wiring = aWiring({ networks: [near, far, inner], routers: [router] })
  const desired = desire(wiring, aSetup())
  const whole = fulfilled(desired, wiring)
  expect(defectsOf(desired, wiring, whole)).toEqual([])
  const name = `qrouter-${router.id}`
  const broken = (change: (there: SeenNamespace) => Partial<SeenNamespace>) => {
    const there = whole.namespaces.get(name)
    if (!there) throw new Error('there is no namespace')
    return defectsOf(desired, wiring, { ...whole, namespaces: new Map([[name, { ...there, ...change(there) }]]) })
  }
  expect(broken(({ rules }) => ({ rules: rules.slice(1) }))).toMatchObject([
    {
      part: 'route',
      about: ['IPv4 by qg-78000001-00', 'IPv4 by qg-78000002-00'],
      remedy: `ip -n ${name} rule add priority 100 fwmark 0x0/0x10000000 table main suppress_prefixlength 0`,
    },
  ])
  expect(broken(({ rules }) => ({ rules: rules.filter(({ version, table }) => version === 6 || table !== 1123) }))).toMatchObject([
    { part: 'route', about: ['IPv4 by qg-78000002-00'] },
  ])
  const strange = { version: 6 as const, priority: 200, mark: 0x1_0000, mask: 0xfff_0000, table: 1001 }
  expect(broken(({ rules }) => ({ rules: [...rules, strange] }))).toMatchObject([
    { part: 'route', remedy: `ip -n ${name} -6 rule del priority 200 fwmark 0x10000/0xfff0000 table 1001` },
  ])
  expect(broken(({ routes }) => ({ routes: routes.filter(({ via, table }) => via !== '192.0.2.1' || table === undefined) }))).toMatchObject(
    [
      {
        part: 'route',
        about: ['IPv4 by qg-78000002-00'],
        remedy: `ip -n ${name} route replace 0.0.0.0/0 via 192.0.2.1 dev qg-78000002-00 table 1123`,
      },
    ],
  )
  const without =
    (word: string) =>
    ({ tables }: SeenNamespace) => ({
      tables: {
        ...tables,
        v4: tables.v4
          .split('\n')
          .filter(line => !line.includes(word))
          .join('\n'),
      },
    })
  expect(broken(without('-snat -o qg-78000002-00'))).toMatchObject([{ part: 'nat', about: ['snat qg-78000002-00'] }])
  expect(broken(without('-i qr-+ -j CONNMARK'))).toMatchObject([{ part: 'nat', about: ['way-back'] }])
})

test('a gateway keeps its number while others come and go, and no two have one', () => {
  const numbersOf = (...numbers: readonly number[]) => {
    const extraGateways = numbers.map(n => gateway(n, far.id))
    return new Map(outsOf({ ...router, extraGateways }).map(({ portId, number }) => [portId, number]))
  }
  const [two, three] = [numbersOf(2), numbersOf(3, 2)]
  expect(three.get(idOf(0x78, 2))).toBe(two.get(idOf(0x78, 2)))
  // 4095 apart: they would have the same.
  const twins = [...numbersOf(2, 2 + 4095).values()]
  expect(new Set(twins).size).toBe(3)
})
