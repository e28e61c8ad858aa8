import { expect, test } from 'vitest'
import type { RouterWiring } from '../../contract/router.ts'
import { tapOf } from '../../contract/names.ts'
import { aNetwork, aPort, aSetup, aWiring, idOf, macOf } from '../../kit/wirings.ts'
import { desire } from './desire.ts'

const [outer, inner] = [aNetwork(1), aNetwork(2)]
const parent = aPort(outer, 11)
const inside = { ...aPort(inner, 12), parent: { portId: parent.id, vlanId: 20 } }
const wiring = aWiring({ networks: [outer, inner], ports: [parent, inside] })

test('a port inside of a trunk is a tag on the cable of its parent', () => {
  const { taps, troubles } = desire(wiring, aSetup())
  expect(taps.map(({ vlan }) => vlan)).toEqual([undefined, { parent: tapOf(parent.id), vlanId: 20 }])
  expect(troubles).toEqual([])
})

test('a kernel without tags says so of each port inside of a trunk', () => {
  const { taps, troubles } = desire(wiring, aSetup({ hasVlans: false }))
  expect(taps[1]?.vlan).toBeUndefined()
  expect(troubles).toEqual([
    { subject: inside.id, reason: "this host's kernel has no 802.1q devices, so a port with tag 20 in a trunk cannot be had here" },
  ])
})

test('a router looks into connections on the ports it was told, and its outer device answers for guests', () => {
  const gateway = { portId: idOf(3, 3), networkId: outer.id, macAddress: macOf(3), fixedIps: [], nexthops: [], hasSnat: false }
  const router: RouterWiring = {
    ...{ id: idOf(9, 9), projectId: 'p', isUp: true, interfaces: [], gateway, floatingIps: [], portForwardings: [], routes: [] },
    trackers: [{ protocol: 'udp', port: 69, name: 'tftp' }],
    proxied: ['2001:db8::5'],
  }
  const [namespace] = desire(aWiring({ networks: [outer], routers: [router] }), aSetup()).namespaces
  expect(namespace?.tables?.v4).toContain('-A PREROUTING -i qr-+ -p udp -m udp --dport 69 -j CT --helper tftp\n')
  expect(namespace?.proxied).toEqual([{ device: `qg-${idOf(3, 3).slice(0, 11)}`, address: '2001:db8::5' }])
})
