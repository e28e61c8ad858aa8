import { expect, test } from 'vitest'
import type { RouterWiring } from '../../contract/router.ts'
import { aNetwork, aPort, aSetup, aWiring, dhcpFor, idOf, macOf } from '../../kit/wirings.ts'
import { desire } from './desire.ts'

const network = aNetwork(1, { mtu: 1450 })
const port = aPort(network, 11)

test('a DHCP server is given its arguments and files as people know them', () => {
  const wiring = dhcpFor(network, [port], {
    hostRoutes: [{ destination: '192.0.2.0/24', nexthop: '10.0.1.9' }],
    nameServers: ['192.0.2.53'],
  })
  const hosts = wiring.hosts.map(host => ({ ...host, options: [{ name: 'bootfile-name', value: 'a\nb', ipVersion: 4 as const }] }))
  const { namespaces } = desire(aWiring({ networks: [network], dhcp: [{ ...wiring, hosts }] }), aSetup())
  const { args, host, opts, addnHosts, leases } = namespaces[0]?.dnsmasq ?? {}
  expect({ args, host, opts, addnHosts, leases }).toMatchInlineSnapshot(`
    {
      "addnHosts": "10.0.1.11	host-10-0-1-11.openstacklocal host-10-0-1-11
    ",
      "args": [
        "--no-hosts",
        "--no-resolv",
        "--pid-file=/var/lib/neutron/dhcp/33000001-0000-4000-8000-000000000001/pid",
        "--dhcp-hostsfile=/var/lib/neutron/dhcp/33000001-0000-4000-8000-000000000001/host",
        "--addn-hosts=/var/lib/neutron/dhcp/33000001-0000-4000-8000-000000000001/addn_hosts",
        "--dhcp-optsfile=/var/lib/neutron/dhcp/33000001-0000-4000-8000-000000000001/opts",
        "--dhcp-leasefile=/var/lib/neutron/dhcp/33000001-0000-4000-8000-000000000001/leases",
        "--dhcp-match=set:ipxe,175",
        "--dhcp-userclass=set:ipxe6,iPXE",
        "--local-service",
        "--bind-dynamic",
        "--interface=ns-60000102-00",
        "--except-interface=lo",
        "--dhcp-range=set:subnet-53000001-0000-4000-8000-000000000001,10.0.1.0,static,255.255.255.0,86400s",
        "--dhcp-option-force=option:mtu,1450",
        "--dhcp-lease-max=256",
        "--conf-file=/dev/null",
        "--domain=openstacklocal",
      ],
      "host": "fa:16:3e:00:01:0b,host-10-0-1-11.openstacklocal,10.0.1.11,set:port-6000010b-0000-4000-8000-000000000001
    ",
      "leases": [
        {
          "address": "10.0.1.11",
          "mac": "fa:16:3e:00:01:0b",
        },
      ],
      "opts": "tag:subnet-53000001-0000-4000-8000-000000000001,option:dns-server,192.0.2.53
    tag:subnet-53000001-0000-4000-8000-000000000001,option:classless-static-route,192.0.2.0/24,10.0.1.9,169.254.169.254/32,10.0.1.2,0.0.0.0/0,10.0.1.1
    tag:subnet-53000001-0000-4000-8000-000000000001,249,192.0.2.0/24,10.0.1.9,169.254.169.254/32,10.0.1.2,0.0.0.0/0,10.0.1.1
    tag:subnet-53000001-0000-4000-8000-000000000001,option:router,10.0.1.1
    tag:port-6000010b-0000-4000-8000-000000000001,option:bootfile-name,a
    ",
    }
  `)
})

test('a port without name servers of its subnet’s gets none that nobody named', () => {
  const none = dhcpFor(network, [port], { nameServers: ['0.0.0.0'] })
  const { namespaces } = desire(aWiring({ networks: [network], dhcp: [none] }), aSetup())
  expect(namespaces[0]?.dnsmasq?.opts.split('\n')[0]).toMatch(/,option:dns-server$/)
})

const router: RouterWiring = {
  id: idOf(0x77, 1),
  projectId: 'p',
  isUp: true,
  interfaces: [
    {
      portId: idOf(0x79, 1),
      networkId: network.id,
      macAddress: macOf(1),
      fixedIps: [{ subnetId: 's', address: '2001:db8::1', prefixLength: 64 }],
      subnets: [{ id: 's', cidr: '2001:db8::/64', ipVersion: 6, nameServers: ['2001:db8::53'], ipv6RaMode: 'dhcpv6-stateful' }],
    },
  ],
  gateway: {
    portId: idOf(0x78, 1),
    networkId: network.id,
    macAddress: macOf(2),
    fixedIps: [{ subnetId: 'o', address: '192.0.2.5', prefixLength: 24 }],
    nexthops: ['192.0.2.1', '203.0.113.1'],
    hasSnat: true,
  },
  floatingIps: [{ id: 'f', address: '192.0.2.9', fixedAddress: '10.0.1.11' }],
  portForwardings: [
    {
      id: 'p',
      floatingAddress: '192.0.2.10',
      protocol: 'tcp',
      externalPort: [8000, 8010],
      internalAddress: '10.0.1.11',
      internalPort: [9000, 9010],
    },
  ],
  routes: [{ destination: '198.51.100.0/24', nexthop: '192.0.2.77' }],
}

test('a router is given its tables, its addresses and its announcements', () => {
  const { namespaces } = desire(aWiring({ networks: [network], routers: [router] }), aSetup())
  const { tables, addresses, routes, radvd } = namespaces[0] ?? {}
  expect(tables?.v4).toMatchInlineSnapshot(`
    "*raw
    :PREROUTING ACCEPT [0:0]
    :OUTPUT ACCEPT [0:0]
    COMMIT
    *mangle
    :PREROUTING ACCEPT [0:0]
    :neutron-l3-agent-PREROUTING - [0:0]
    -A PREROUTING -j neutron-l3-agent-PREROUTING
    -A neutron-l3-agent-PREROUTING -d 169.254.169.254/32 -i qr-+ -p tcp -m tcp --dport 80 -j MARK --set-xmark 0x1/0xffff
    -A neutron-l3-agent-PREROUTING -i qg-78000001-00 -j MARK --set-xmark 0x2/0xffff
    COMMIT
    *nat
    :PREROUTING ACCEPT [0:0]
    :INPUT ACCEPT [0:0]
    :OUTPUT ACCEPT [0:0]
    :POSTROUTING ACCEPT [0:0]
    :neutron-l3-agent-PREROUTING - [0:0]
    :neutron-l3-agent-OUTPUT - [0:0]
    :neutron-l3-agent-POSTROUTING - [0:0]
    :neutron-l3-agent-float-snat - [0:0]
    :neutron-l3-agent-fip-pf - [0:0]
    :neutron-l3-agent-snat - [0:0]
    -A PREROUTING -j neutron-l3-agent-PREROUTING
    -A OUTPUT -j neutron-l3-agent-OUTPUT
    -A POSTROUTING -j neutron-l3-agent-POSTROUTING
    -A POSTROUTING -j neutron-l3-agent-snat
    -A neutron-l3-agent-PREROUTING -d 169.254.169.254/32 -i qr-+ -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 9697
    -A neutron-l3-agent-PREROUTING -d 192.0.2.9/32 -j DNAT --to-destination 10.0.1.11
    -A neutron-l3-agent-OUTPUT -d 192.0.2.9/32 -j DNAT --to-destination 10.0.1.11
    -A neutron-l3-agent-float-snat -s 10.0.1.11/32 -j SNAT --to-source 192.0.2.9 --random-fully
    -A neutron-l3-agent-PREROUTING -j neutron-l3-agent-fip-pf
    -A neutron-l3-agent-OUTPUT -j neutron-l3-agent-fip-pf
    -A neutron-l3-agent-fip-pf -d 192.0.2.10/32 -p tcp -m tcp --dport 8000:8010 -j DNAT --to-destination 10.0.1.11:9000-9010/8000
    -A neutron-l3-agent-POSTROUTING ! -o qg-78000001-00 -m mark ! --mark 0x2/0xffff -m conntrack ! --ctstate DNAT -j ACCEPT
    -A neutron-l3-agent-snat -j neutron-l3-agent-float-snat
    -A neutron-l3-agent-snat -o qg-78000001-00 -j SNAT --to-source 192.0.2.5 --random-fully
    -A neutron-l3-agent-snat -m mark ! --mark 0x2/0xffff -m conntrack --ctstate DNAT -j SNAT --to-source 192.0.2.5 --random-fully
    COMMIT
    *filter
    :INPUT ACCEPT [0:0]
    :FORWARD ACCEPT [0:0]
    :OUTPUT ACCEPT [0:0]
    :neutron-l3-agent-INPUT - [0:0]
    -A INPUT -j neutron-l3-agent-INPUT
    -A neutron-l3-agent-INPUT -m mark --mark 0x1/0xffff -j ACCEPT
    -A neutron-l3-agent-INPUT -p tcp -m tcp --dport 9697 -j DROP
    COMMIT
    "
  `)
  expect(addresses).toMatchInlineSnapshot(`
    [
      {
        "cidr": "2001:db8::1/64",
        "device": "qr-79000001-00",
      },
      {
        "cidr": "fe80::a9fe:a9fe/64",
        "device": "qr-79000001-00",
      },
      {
        "cidr": "192.0.2.5/24",
        "device": "qg-78000001-00",
      },
      {
        "cidr": "192.0.2.9/32",
        "device": "qg-78000001-00",
      },
      {
        "cidr": "192.0.2.10/32",
        "device": "qg-78000001-00",
      },
    ]
  `)
  expect(routes).toMatchInlineSnapshot(`
    [
      {
        "destination": "0.0.0.0/0",
        "device": "qg-78000001-00",
        "isOnLink": false,
        "via": "192.0.2.1",
      },
      {
        "destination": "0.0.0.0/0",
        "device": "qg-78000001-00",
        "isOnLink": true,
        "via": "203.0.113.1",
      },
      {
        "destination": "198.51.100.0/24",
        "device": "qg-78000001-00",
        "via": "192.0.2.77",
      },
    ]
  `)
  expect(radvd?.config).toMatchInlineSnapshot(`
    "interface qr-79000001-00 {
      AdvSendAdvert on;
      AdvRASrcAddress { fe80::f816:3eff:fe00:1; };
      MinRtrAdvInterval 30;
      MaxRtrAdvInterval 100;
      AdvLinkMTU 1450;
      AdvManagedFlag on;
      RDNSS 2001:db8::53 {};
      prefix 2001:db8::/64 {
        AdvOnLink on;
        AdvAutonomous off;
      };
      route fe80::a9fe:a9fe/128 {
      };
    };
    "
  `)
})

test('each kind of segment leads out its own way, or says why it cannot', () => {
  const setup = aSetup({ interfaceMappings: { provider: 'eth1' }, bridgeMappings: { lab: 'br-lab' }, tunnelIp: '192.0.2.1' })
  const segments = [
    { type: 'local' as const },
    { type: 'flat' as const, physicalNetwork: 'provider' },
    { type: 'flat' as const, physicalNetwork: 'lab' },
    { type: 'flat' as const, physicalNetwork: 'nowhere' },
    { type: 'vlan' as const, physicalNetwork: 'provider', vlanId: 100 },
    {
      type: 'vxlan' as const,
      vni: 7,
      peers: [
        { tunnelIp: '192.0.2.1', macAddresses: ['x'] },
        { tunnelIp: '192.0.2.2', macAddresses: ['fa:16:3e:00:00:01'] },
      ],
    },
  ]
  const wiring = aWiring({ networks: segments.map((segment, n) => aNetwork(n, { segment })) })
  const { bridges, troubles } = desire(wiring, setup)
  expect(bridges.map(({ name, uplink, isForeign }) => ({ name, uplink, isForeign }))).toMatchInlineSnapshot(`
    [
      {
        "isForeign": false,
        "name": "brq33000000-00",
        "uplink": undefined,
      },
      {
        "isForeign": false,
        "name": "brq33000001-00",
        "uplink": {
          "device": "eth1",
          "kind": "interface",
        },
      },
      {
        "isForeign": true,
        "name": "br-lab",
        "uplink": undefined,
      },
      {
        "isForeign": false,
        "name": "brq33000003-00",
        "uplink": undefined,
      },
      {
        "isForeign": false,
        "name": "brq33000004-00",
        "uplink": {
          "device": "eth1.100",
          "kind": "vlan",
          "parent": "eth1",
          "vlanId": 100,
        },
      },
      {
        "isForeign": false,
        "name": "brq33000005-00",
        "uplink": {
          "device": "vxlan-7",
          "forwarding": [
            {
              "mac": "00:00:00:00:00:00",
              "to": "192.0.2.2",
            },
            {
              "mac": "fa:16:3e:00:00:01",
              "to": "192.0.2.2",
            },
          ],
          "kind": "vxlan",
          "port": 8472,
          "tunnelIp": "192.0.2.1",
          "vni": 7,
        },
      },
    ]
  `)
  expect(troubles.map(({ reason }) => reason)).toEqual([expect.stringContaining('no interface for the physical network nowhere')])
  const without = desire(wiring, { ...setup, hasVlans: false, tunnelIp: undefined })
  expect(without.troubles.map(({ reason }) => reason)).toEqual([
    expect.stringContaining('nowhere'),
    expect.stringContaining('no 802.1q devices, so VLAN 100'),
    expect.stringContaining('[vxlan] local_ip'),
  ])
})
