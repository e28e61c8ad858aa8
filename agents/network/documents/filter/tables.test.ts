import { expect, test } from 'vitest'
import { aGroup, aNetwork, aPort, aRule } from '../../kit/wirings.ts'
import { frameTable } from './frames.ts'
import { setsOf } from './sets.ts'
import { filterTables, removalText, restoreText } from './tables.ts'

const network = aNetwork(1)
const rules = [
  aRule({ protocol: 'tcp', portMin: 22, portMax: 22 }),
  aRule({ id: 'same', protocol: 'tcp', portMin: 22, portMax: 22 }),
  aRule({ protocol: 'udp', portMin: 53, portMax: 60, remoteCidr: '192.0.2.7/24' }),
  aRule({ protocol: 'icmp', portMin: 8, portMax: 0, remoteCidr: '0.0.0.0/0' }),
  aRule({ protocol: 'sctp', portMin: 9, portMax: 9 }),
  aRule({ protocol: '89' }),
  aRule({ remoteSet: '59000001-0000-4000-8000-000000000001' }),
]
const port = aPort(network, 11, {
  securityGroups: [aGroup(1).id],
  allowedAddressPairs: [{ ipAddress: '10.9.0.0/16', macAddress: 'fa:16:3e:00:00:99' }],
})
const wish = {
  prefix: 'neutron-linuxbri',
  ports: [port],
  groups: [aGroup(1, rules)],
  trustedTaps: ['tap77777777-77'],
  bridges: ['brq33000001-00'],
  members: ['vxlan-7', 'tap60000010-0b'],
  hostBridges: [],
  zones: new Map([['brq33000001-00', 4097]]),
}

test('the rules of a port are written as people know them', () => {
  expect(restoreText(filterTables(wish, 4), { stale: [], hooked: [] }, wish.prefix)).toMatchInlineSnapshot(`
    "*raw
    :neutron-linuxbri-PREROUTING - [0:0]
    -I PREROUTING 1 -j neutron-linuxbri-PREROUTING
    -A neutron-linuxbri-PREROUTING -i brq33000001-00 -j CT --zone 4097
    COMMIT
    *filter
    :neutron-linuxbri-FORWARD - [0:0]
    :neutron-linuxbri-INPUT - [0:0]
    :neutron-linuxbri-sg-chain - [0:0]
    :neutron-linuxbri-sg-fallback - [0:0]
    :neutron-linuxbri-i6000010b-0 - [0:0]
    :neutron-linuxbri-o6000010b-0 - [0:0]
    :neutron-linuxbri-s6000010b-0 - [0:0]
    -I FORWARD 1 -j neutron-linuxbri-FORWARD
    -I INPUT 1 -j neutron-linuxbri-INPUT
    -A neutron-linuxbri-FORWARD -m physdev --physdev-out tap6000010b-00 --physdev-is-bridged -j neutron-linuxbri-sg-chain
    -A neutron-linuxbri-FORWARD -m physdev --physdev-in tap6000010b-00 --physdev-is-bridged -j neutron-linuxbri-sg-chain
    -A neutron-linuxbri-FORWARD -m physdev --physdev-out tap77777777-77 --physdev-is-bridged -j ACCEPT
    -A neutron-linuxbri-FORWARD -m physdev --physdev-in tap77777777-77 --physdev-is-bridged -j ACCEPT
    -A neutron-linuxbri-INPUT -m physdev --physdev-in tap6000010b-00 -j neutron-linuxbri-o6000010b-0
    -A neutron-linuxbri-sg-chain -p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN -m state --state NEW -m set --match-set neutron-linuxbri-cut-v4 src,src,dst -j DROP
    -A neutron-linuxbri-sg-chain -p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN -m state --state NEW -m set --match-set neutron-linuxbri-cut-v4 dst,dst,src -j DROP
    -A neutron-linuxbri-sg-chain -m physdev --physdev-out tap6000010b-00 --physdev-is-bridged -j neutron-linuxbri-i6000010b-0
    -A neutron-linuxbri-sg-chain -m physdev --physdev-in tap6000010b-00 --physdev-is-bridged -j neutron-linuxbri-o6000010b-0
    -A neutron-linuxbri-sg-chain -j ACCEPT
    -A neutron-linuxbri-sg-fallback -j DROP
    -A neutron-linuxbri-i6000010b-0 -d 255.255.255.255/32 -p udp -m udp --sport 67 --dport 68 -j RETURN
    -A neutron-linuxbri-i6000010b-0 -d 10.0.1.11/32 -p udp -m udp --sport 67 --dport 68 -j RETURN
    -A neutron-linuxbri-i6000010b-0 -m state --state RELATED,ESTABLISHED -j RETURN
    -A neutron-linuxbri-i6000010b-0 -p tcp -m tcp --dport 22 -j RETURN
    -A neutron-linuxbri-i6000010b-0 -s 192.0.2.0/24 -p udp -m udp --dport 53:60 -j RETURN
    -A neutron-linuxbri-i6000010b-0 -p icmp -m icmp --icmp-type 8/0 -j RETURN
    -A neutron-linuxbri-i6000010b-0 -p 132 -m multiport --dports 9 -j RETURN
    -A neutron-linuxbri-i6000010b-0 -p 89 -j RETURN
    -A neutron-linuxbri-i6000010b-0 -m set --match-set NIPv459000001-0000-4000-8000-00 src -j RETURN
    -A neutron-linuxbri-i6000010b-0 -m state --state INVALID -j DROP
    -A neutron-linuxbri-i6000010b-0 -j neutron-linuxbri-sg-fallback
    -A neutron-linuxbri-o6000010b-0 -s 0.0.0.0/32 -d 255.255.255.255/32 -p udp -m udp --sport 68 --dport 67 -j RETURN
    -A neutron-linuxbri-o6000010b-0 -j neutron-linuxbri-s6000010b-0
    -A neutron-linuxbri-o6000010b-0 -p udp -m udp --sport 68 --dport 67 -j RETURN
    -A neutron-linuxbri-o6000010b-0 -p udp -m udp --sport 67 --dport 68 -j DROP
    -A neutron-linuxbri-o6000010b-0 -m state --state RELATED,ESTABLISHED -j RETURN
    -A neutron-linuxbri-o6000010b-0 -j RETURN
    -A neutron-linuxbri-o6000010b-0 -m state --state INVALID -j DROP
    -A neutron-linuxbri-o6000010b-0 -j neutron-linuxbri-sg-fallback
    -A neutron-linuxbri-s6000010b-0 -s 10.9.0.0/16 -m mac --mac-source FA:16:3E:00:00:99 -j RETURN
    -A neutron-linuxbri-s6000010b-0 -s 10.0.1.11/32 -m mac --mac-source FA:16:3E:00:01:0B -j RETURN
    -A neutron-linuxbri-s6000010b-0 -j DROP
    COMMIT
    "
  `)
})

test('IPv6 has rules of its own', () => {
  const [, filter] = filterTables(
    { ...wish, groups: [aGroup(1, [{ ...aRule({ protocol: 'icmp', portMin: 128 }), etherType: 'IPv6' }])] },
    6,
  )
  expect(filter?.chains.find(chain => chain.name.startsWith('neutron-linuxbri-i'))?.rules).toMatchInlineSnapshot(`
    [
      "-p ipv6-icmp -m icmp6 --icmpv6-type 130 -j RETURN",
      "-p ipv6-icmp -m icmp6 --icmpv6-type 134 -j RETURN",
      "-p ipv6-icmp -m icmp6 --icmpv6-type 135 -j RETURN",
      "-p ipv6-icmp -m icmp6 --icmpv6-type 136 -j RETURN",
      "-s fe80::/64 -p udp -m udp --sport 547 --dport 546 -j RETURN",
      "-m state --state RELATED,ESTABLISHED -j RETURN",
      "-p ipv6-icmp -m icmp6 --icmpv6-type 128 -j RETURN",
      "-m state --state INVALID -j DROP",
      "-j neutron-linuxbri-sg-fallback",
    ]
  `)
})

test('chains that nobody needs any more go in the same moment, and a way into ours that is there is not made twice', () => {
  const text = restoreText(
    filterTables({ ...wish, ports: [] }, 4),
    { stale: ['filter neutron-linuxbri-iold'], hooked: ['filter FORWARD', 'filter INPUT', 'raw PREROUTING'] },
    wish.prefix,
  )
  expect(text).toContain(':neutron-linuxbri-iold - [0:0]\n')
  expect(text).toContain('-X neutron-linuxbri-iold\nCOMMIT')
  expect(text).not.toContain('-I ')
})

test('what is taken away is taken out of the built-in chains first', () => {
  expect(removalText({ stale: ['filter p-FORWARD'], hooked: ['filter FORWARD'] }, 'p')).toBe(
    '*filter\n:p-FORWARD - [0:0]\n-D FORWARD -j p-FORWARD\n-X p-FORWARD\nCOMMIT\n',
  )
  expect(removalText({ stale: [], hooked: [] }, 'p')).toBe('')
})

test('frames under another’s address are dropped, and those of cables nobody told of', () => {
  expect(frameTable('frames', [port], wish.members)).toMatchInlineSnapshot(`
    "add table bridge frames
    delete table bridge frames
    table bridge frames {
      chain tap6000010b-00 {
        ether saddr != { fa:16:3e:00:01:0b, fa:16:3e:00:00:99 } drop
        arp saddr ether != { fa:16:3e:00:01:0b, fa:16:3e:00:00:99 } drop
        arp saddr ip != { 0.0.0.0, 10.0.1.11, 10.9.0.0/16 } drop
        icmpv6 type nd-neighbor-advert @th,64,128 != { 0xfe80000000000000f8163efffe00010b, 0xfe80000000000000f8163efffe000099 } drop
      }
      chain PREROUTING {
        type filter hook prerouting priority -300; policy accept;
        iifname vmap { "tap6000010b-00" : jump tap6000010b-00 }
      }
      chain FORWARD {
        type filter hook forward priority -300; policy accept;
        iifname { "vxlan-7", "tap60000010-0b" } oifname != { "vxlan-7", "tap60000010-0b" } drop
        oifname { "vxlan-7", "tap60000010-0b" } iifname != { "vxlan-7", "tap60000010-0b" } drop
      }
    }
    "
  `)
})

test('a set holds its members as the kernel lists them', () => {
  expect(
    setsOf([
      {
        id: '59000001-0000-4000-8000-000000000001',
        addresses: ['10.0.0.5', '10.0.0.5/32', '10.1.2.3/24', '0.0.0.0/0', '2001:db8::1', 'nonsense'],
      },
    ]),
  ).toEqual([
    { name: 'NIPv459000001-0000-4000-8000-00', family: 'inet', members: ['0.0.0.0/1', '10.0.0.5', '10.1.2.0/24', '128.0.0.0/1'] },
    { name: 'NIPv659000001-0000-4000-8000-00', family: 'inet6', members: ['2001:db8::1'] },
  ])
})

test('what is to be written down is, before it is let through and before it is dropped', () => {
  const logs = [{ id: '12345678-1234-4000-8000-000000000000', accepts: true, drops: true, groupId: aGroup(1).id }]
  const [, filter] = filterTables({ ...wish, groups: [aGroup(1, rules.slice(0, 1))], ports: [{ ...port, logs }] }, 4)
  const inward = filter?.chains.find(({ name }) => name.startsWith('neutron-linuxbri-i'))?.rules ?? []
  const written = '-m limit --limit 100/sec --limit-burst 25 -j LOG --log-prefix "12345678-12'
  const ssh = inward.findIndex(rule => rule.endsWith('--dport 22 -j RETURN'))
  expect(inward[ssh - 1]).toBe(inward[ssh]?.replace('-j RETURN', `${written} ACCEPT "`))
  expect(inward.slice(-2)).toEqual([`${written} DROP "`, '-j neutron-linuxbri-sg-fallback'])
})
