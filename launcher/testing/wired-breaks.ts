import { readFile, writeFile } from 'node:fs/promises'
import { bridgeOf, dhcpDeviceOf, gatewayDeviceOf, routerDeviceOf, tapOf, vxlanOf } from '@kilonova/network-agent/contract/names.ts'
import { type Question, type Scene, text } from './wired-scene.ts'

/** One thing that somebody broke, what the tracer is to say of it, and who mends it. */
export interface Break {
  readonly name: string
  readonly ask: Question
  /** Lines for a host: `host1: ip link ...`, in a namespace with its name in brackets: `host1 [qrouter-…]: ip route ...`. */
  readonly lines?: readonly string[]
  readonly doing?: (scene: Scene) => Promise<unknown>
  readonly says: RegExp
  /** The packet passes all the same. */
  readonly passes?: boolean
  /** Its repair makes a namespace anew. */
  readonly isMadeAnew?: boolean
  /** `verify --repair`, unless an operator does it by these lines, or by this. */
  readonly mending?: readonly string[] | ((scene: Scene) => Promise<unknown>)
}

const web: Question = { from: 'vm1', to: 'vm2', port: 80 }
const out: Question = { from: 'vm1', to: 'outside', port: 443 }
const inward: Question = { from: 'outside', to: '172.24.4.50', port: 80 }
const across: Question = { from: 'vm1', to: 'vm3', port: 80 }
const dhcp: Question = { from: 'vm1', to: 'dhcp' }
const metadata: Question = { from: 'vm1', to: 'metadata' }

/** What people ask for and do not get. */
export function breaksOfTables({ ids, ports, cloud: { ask } }: Scene): readonly Break[] {
  const vm2 = text(ports.vm2, 'id')
  const port = (change: object) => () => ask(`PUT /ports/${vm2}`, { port: change })
  const friends = (groups: readonly string[]) => () => ask(`PUT /ports/${text(ports.vm1, 'id')}`, { port: { security_groups: groups } })
  const rule = { security_group_id: ids.web, direction: 'ingress', protocol: 'tcp', port_range_min: 8080, port_range_max: 8080 }
  return [
    {
      ...{
        name: 'the security group lacks a rule',
        ask: { ...web, port: 8080 },
        says: /no rule of web lets tcp 8080 from 10\.1\.0\.11 through/,
      },
      mending: () => ask('POST /security-group-rules', { security_group_rule: rule }),
    },
    {
      ...{
        name: 'the remote group is empty',
        ask: { ...web, port: 22 },
        doing: friends([ids.web]),
        says: /a member of friends, which has none/,
      },
      mending: friends([ids.web, ids.friends]),
    },
    {
      name: 'the port is off',
      ask: web,
      doing: port({ admin_state_up: false }),
      says: /port .* is switched off/,
      mending: port({ admin_state_up: true }),
    },
    {
      ...{ name: 'the port is bound to no host', ask: web, doing: port({ 'binding:host_id': '' }), says: /is bound to no host/ },
      mending: port({ 'binding:host_id': 'host2' }),
    },
    {
      ...{ name: 'the port is bound where nobody wires', ask: web, doing: port({ 'binding:host_id': 'host9' }) },
      ...{ says: /no network agent ever spoke for host9/, mending: port({ 'binding:host_id': 'host2' }) },
    },
    {
      name: 'the network is off',
      ask: dhcp,
      doing: () => ask(`PUT /networks/${ids.private}`, { network: { admin_state_up: false } }),
      says: /network private is switched off: nobody serves DHCP/,
      mending: () => ask(`PUT /networks/${ids.private}`, { network: { admin_state_up: true } }),
    },
    {
      name: 'the router is off',
      ask: across,
      doing: () => ask(`PUT /routers/${ids.router}`, { router: { admin_state_up: false } }),
      says: /router r is switched off/,
      mending: () => ask(`PUT /routers/${ids.router}`, { router: { admin_state_up: true } }),
    },
    {
      name: 'the floating IP leads nowhere',
      ask: inward,
      doing: async ({ cloud }) => {
        const rows: readonly { readonly id: string }[] = await cloud.ask('GET /floatingips')
        await ask(`PUT /floatingips/${rows[0]?.id}`, { floatingip: { port_id: null } })
      },
      says: /172\.24\.4\.50 leads nowhere/,
      mending: async ({ cloud }) => {
        const rows: readonly { readonly id: string }[] = await cloud.ask('GET /floatingips')
        await ask(`PUT /floatingips/${rows[0]?.id}`, { floatingip: { port_id: vm2 } })
      },
    },
  ]
}

/** What hands, crashes and other programs do to a host. */
export function breaksOfHosts({ ids, ports, router, dhcp: served, dhcpHost: host, cloud }: Scene): readonly Break[] {
  const [tap1, tap2] = [tapOf(text(ports.vm1, 'id')), tapOf(text(ports.vm2, 'id'))]
  const mac2 = text(ports.vm2, 'mac_address')
  const [bridge, tunnel] = [bridgeOf(ids.private), vxlanOf(Number(ids.vni))]
  const [inner, outer, server] = [routerDeviceOf(ids.inner), gatewayDeviceOf(ids.outer), dhcpDeviceOf(ids.server)]
  const chain = (side: string, port: 'vm1' | 'vm2') => `-${side}${text(ports[port], 'id').slice(0, 10)}`
  const l3 = 'neutron-l3-agent'
  const files = `${cloud.hosts.stateDir(host)}/dhcp/${ids.private}`
  const inRouter = (line: string) => [`host1 [${router}]: ${line}`]
  /** A rule of the port's chain, by a part of it. */
  const lose = (side: string, name: string, port: 'vm1' | 'vm2', part: string) => async () => {
    const saved = await cloud.hosts.run(name, 'iptables-save')
    const rule = saved.split('\n').find(line => line.includes(`${chain(side, port)} `) && line.startsWith('-A ') && line.includes(part))
    await cloud.hosts.run(name, `iptables ${rule?.replace(/^-A/, '-D')}`)
  }
  const add = (side: string, port: 'vm1' | 'vm2', name: string) => async () => {
    const saved = await cloud.hosts.run(name, 'iptables-save')
    const found = saved.split('\n').find(line => line.startsWith(':') && line.includes(chain(side, port)))
    await cloud.hosts.run(name, `iptables -I ${found?.slice(1).split(' ')[0]} 1 -j DROP`)
  }
  return [
    { name: 'a tap is down', ask: web, lines: [`host2: ip link set ${tap2} down`], says: /tap.* is down/ },
    { name: 'a tap is in no bridge', ask: web, lines: [`host2: ip link set ${tap2} nomaster`], says: /plugged into no bridge/ },
    { name: 'the bridge is down', ask: web, lines: [`host2: ip link set ${bridge} down`], says: /the bridge brq.* is down/ },
    { name: 'the bridge is gone', ask: web, lines: [`host2: ip link del ${bridge}`], says: /the bridge brq.* is not there/ },
    {
      name: 'the tap takes small packets only',
      ask: web,
      lines: [`host2: ip link set ${tap2} mtu 1280`],
      says: /Packets above 1280 bytes stop/,
    },
    {
      name: 'the bridge takes small packets only',
      ask: web,
      lines: [`host2: ip link set ${bridge} mtu 1300`],
      says: /Packets above 1300 bytes stop/,
    },
    {
      name: 'the tunnel takes small packets only',
      ask: web,
      lines: [`host1: ip link set ${tunnel} mtu 1290`],
      says: /Packets above 1290 bytes stop/,
    },
    {
      ...{ name: 'what carries tunnels takes small packets only', ask: web, lines: ['host1: ip link set under mtu 1400'] },
      ...{ says: /under, which carries the tunnels/, mending: ['host1: ip link set under mtu 1600'] },
    },
    { name: 'the tunnel is down', ask: web, lines: [`host1: ip link set ${tunnel} down`], says: /vxlan-.* is down/ },
    { name: 'the tunnel is gone', ask: web, lines: [`host2: ip link del ${tunnel}`], says: /the device vxlan-.* is not there/ },
    {
      ...{ name: 'the address of tunnels is gone', ask: web, lines: ['host1: ip addr del 192.0.2.1/24 dev under'] },
      ...{ says: /no device of this host has the address 192\.0\.2\.1/, mending: ['host1: ip addr add 192.0.2.1/24 dev under'] },
    },
    {
      name: 'the tunnel does not know a MAC',
      ask: web,
      lines: [`host1: bridge fdb del ${mac2} dev ${tunnel} dst 192.0.2.2`],
      says: /does not know that frames for/,
    },
    {
      name: 'a rule of a group is not loaded',
      ask: web,
      doing: lose('i', 'host2', 'vm2', '--dport 80'),
      says: /lacks the rule `-p 6 -m tcp --dport 80/,
    },
    { name: 'answers are not let through', ask: web, doing: lose('i', 'host1', 'vm1', 'ESTABLISHED'), says: /lets answers through/ },
    { name: 'somebody put a rule that drops', ask: web, doing: add('i', 'vm2', 'host2'), says: /which no security group says/ },
    {
      name: 'a set lacks a member',
      ask: { ...web, port: 22 },
      lines: [`host2: ipset del NIPv4${ids.friends.slice(0, 26)} 10.1.0.11`],
      says: /the set NIPv4.* lacks 10\.1\.0\.11/,
    },
    {
      name: 'the guest may not be who it is',
      ask: web,
      doing: lose('s', 'host1', 'vm1', '10.1.0.11'),
      says: /lacks the rule `-s 10\.1\.0\.11/,
    },
    {
      ...{ name: 'frames of the guest are dropped', ask: web },
      doing: async () => {
        const tables = await cloud.hosts.run('host1', 'nft list tables bridge')
        const table = tables.trim().split(' ').at(-1)
        await cloud.hosts.run('host1', `nft insert rule bridge ${table} ${tap1} ether saddr ${text(ports.vm1, 'mac_address')} drop`)
      },
      says: /the frames of tap.* are dropped by/,
    },
    {
      name: 'all rules of nft are flushed',
      ask: web,
      lines: ['host2: nft flush ruleset'],
      says: /no security group is looked at/,
      passes: true,
    },
    { name: 'FORWARD is flushed', ask: web, lines: ['host2: iptables -F FORWARD'], says: /no security group is looked at/, passes: true },
    {
      name: 'the router is gone',
      isMadeAnew: true,
      ask: across,
      lines: [`host1: ip netns del ${router}`],
      says: /the namespace qrouter-.* is not there/,
    },
    {
      name: 'the router lacks its address',
      ask: across,
      lines: inRouter(`ip addr del 10.1.0.1/24 dev ${inner}`),
      says: /does not have the address 10\.1\.0\.1/,
    },
    {
      ...{ name: 'the router has a wrong address', ask: across, says: /does not have the address 10\.1\.0\.1/ },
      lines: [...inRouter(`ip addr del 10.1.0.1/24 dev ${inner}`), ...inRouter(`ip addr add 10.1.0.99/24 dev ${inner}`)],
    },
    { name: 'the inner device is down', ask: across, lines: inRouter(`ip link set ${inner} down`), says: /qr-.* is down/ },
    { name: 'the outer device is down', ask: out, lines: inRouter(`ip link set ${outer} down`), says: /qg-.* is down/ },
    {
      name: 'the default route is gone',
      ask: out,
      lines: inRouter('ip route del default'),
      says: /has no route to 0\.0\.0\.0\/0 via 172\.24\.4\.1/,
    },
    { name: 'the router forwards nothing', ask: across, lines: inRouter('sysctl -qw net.ipv4.ip_forward=0'), says: /ip_forward is 0/ },
    {
      name: 'the router does not translate',
      ask: { ...out, from: 'vm3' },
      doing: async () => {
        const saved = await cloud.hosts.run('host1', 'iptables-save -t nat', router)
        const rule = saved.split('\n').find(line => line.includes(`-snat -o ${outer} -j SNAT`))
        await cloud.hosts.run('host1', `iptables -t nat ${rule?.replace(/^-A/, '-D')}`, router)
      },
      says: /do not go out under the router's address/,
    },
    {
      name: 'a floating IP is not turned',
      ask: inward,
      lines: inRouter(`iptables -t nat -D ${l3}-PREROUTING -d 172.24.4.50/32 -j DNAT --to-destination 10.1.0.12`),
      says: /172\.24\.4\.50 is not turned to 10\.1\.0\.12/,
    },
    {
      name: 'nobody answers for a floating IP',
      ask: inward,
      lines: inRouter(`ip addr del 172.24.4.50/32 dev ${outer}`),
      says: /does not have the address 172\.24\.4\.50/,
    },
    { name: 'the router drops', ask: across, lines: inRouter('iptables -I FORWARD -j DROP'), says: /drops by `-A FORWARD -j DROP`/ },
    {
      name: 'the router believes in a wrong neighbour',
      ask: { from: 'vm3', to: 'vm2', port: 80 },
      lines: inRouter(`ip neigh replace 10.1.0.12 lladdr fa:16:3e:99:99:99 nud permanent dev ${inner}`),
      says: /believes that 10\.1\.0\.12 is at/,
    },
    {
      name: 'nobody announces IPv6',
      ask: web,
      doing: async () => kill(`${cloud.hosts.stateDir('host1')}/external/pids/${ids.router}.pid.radvd`),
      says: /radvd, which announces IPv6, does not run/,
      passes: true,
    },
    { name: 'the DHCP server is dead', ask: dhcp, doing: async () => kill(`${files}/pid`), says: /dnsmasq does not run/ },
    { name: 'the DHCP server does not know the guest', ask: dhcp, doing: async () => empty(`${files}/host`), says: /does not say `fa:16/ },
    { name: 'the DHCP server has no cable', ask: dhcp, lines: [`${host} [${served}]: ip link del ${server}`], says: /is missing in the/ },
    {
      name: 'the namespace of DHCP is gone',
      ask: dhcp,
      lines: [`${host}: ip netns del ${served}`],
      says: /the namespace qdhcp-.* is not there/,
    },
    {
      name: 'metadata is not led to who answers',
      ask: metadata,
      lines: inRouter('iptables -t nat -F neutron-l3-agent-PREROUTING'),
      says: /questions for metadata are not answered/,
    },
    {
      ...{ name: 'the way out has no address', ask: out, lines: ['host1: ip addr del 172.24.4.1/24 dev br-ex'] },
      ...{ says: /nobody at br-ex answers for the gateway 172\.24\.4\.1/, mending: ['host1: ip addr add 172.24.4.1/24 dev br-ex'] },
    },
    {
      ...{ name: 'the host forwards nothing', ask: out, lines: ['host1: sysctl -qw net.ipv4.ip_forward=0'] },
      ...{ says: /ip_forward is 0 on the host/, mending: ['host1: sysctl -qw net.ipv4.ip_forward=1'] },
    },
    {
      ...{ name: 'the agent is dead', ask: web, doing: async () => cloud.endAgent('host2') },
      ...{ says: /network agent of host2 has been silent/, mending: async () => cloud.startAgent('host2') },
    },
  ]
}

const kill = async (path: string) => process.kill(Number(await readFile(path, 'utf8')), 'SIGKILL')
const empty = (path: string) => writeFile(path, '')
