import { dhcpNamespaceOf, routerNamespaceOf } from '@kilonova/network-agent/contract/names.ts'
import { openWiredCloud, type WiredCloud } from './wired-cloud.ts'
import type { Guest } from './wired-hosts.ts'

type Row = Readonly<Record<string, unknown>> & { readonly fixed_ips?: readonly { readonly ip_address: string }[] }

/** Three guests on two hosts and two networks, a router that leads out, and a floating IP. */
export interface Scene {
  readonly cloud: WiredCloud
  readonly ids: Readonly<Record<SceneId, string>>
  readonly ports: Readonly<Record<'vm1' | 'vm2' | 'vm3', Row>>
  readonly guests: Readonly<Record<'vm1' | 'vm2' | 'vm3', Guest>>
  readonly router: string
  readonly dhcp: string
  readonly dhcpHost: string
  trace(question: Question): Promise<Traced>
}

export type SceneId =
  | 'public'
  | 'private'
  | 'back'
  | 'subnet'
  | 'six'
  | 'router'
  | 'web'
  | 'friends'
  | 'inner'
  | 'behind'
  | 'outer'
  | 'server'
  | 'floating'
  | 'vni'

export interface Question {
  readonly from: string
  readonly to: string
  readonly port?: number
}

export interface Traced {
  readonly arrives: boolean | null
  readonly conclusion: string
  readonly hops: readonly {
    readonly where: string
    readonly host: string | null
    readonly what: string
    readonly mark: string
    readonly says: string
  }[]
  readonly probes: readonly { readonly says: string; readonly answered: boolean }[]
}

const floating = '172.24.4.50'

export async function openScene(): Promise<Scene> {
  const cloud = await openWiredCloud()
  try {
    return await fill(cloud)
  } catch (error) {
    await cloud.close()
    throw error
  }
}

async function fill(cloud: WiredCloud): Promise<Scene> {
  const { ask } = cloud
  const idOf = async (route: string, body: object) => text(await ask(route, body), 'id')
  const outer = { name: 'public', 'router:external': true, 'provider:network_type': 'flat', 'provider:physical_network': 'public' }
  const [publicId, privateId, backId] = [
    await idOf('POST /networks', { network: outer }),
    await idOf('POST /networks', { network: { name: 'private' } }),
    await idOf('POST /networks', { network: { name: 'back' } }),
  ]
  const subnet = (wish: object) => idOf('POST /subnets', { subnet: { ip_version: 4, ...wish } })
  await subnet({ network_id: publicId, cidr: '172.24.4.0/24', gateway_ip: '172.24.4.1', enable_dhcp: false })
  const inner = await subnet({ network_id: privateId, cidr: '10.1.0.0/24' })
  const slaac = { ip_version: 6, ipv6_ra_mode: 'slaac', ipv6_address_mode: 'slaac' }
  const six = await subnet({ network_id: privateId, cidr: 'fd00:1::/64', ...slaac })
  const behind = await subnet({ network_id: backId, cidr: '10.2.0.0/24' })
  const behindSix = await subnet({ network_id: backId, cidr: 'fd00:2::/64', ...slaac })
  const router = await idOf('POST /routers', { router: { name: 'r', external_gateway_info: { network_id: publicId } } })
  for (const subnet_id of [inner, six, behind, behindSix]) await ask(`PUT /routers/${router}/add_router_interface`, { subnet_id })

  const group = (name: string) => idOf('POST /security-groups', { security_group: { name } })
  const [web, friends] = [await group('web'), await group('friends')]
  const rule = (wish: object) =>
    ask('POST /security-group-rules', { security_group_rule: { security_group_id: web, direction: 'ingress', ...wish } })
  const http = { protocol: 'tcp', port_range_min: 80, port_range_max: 80 }
  await rule(http)
  await rule({ ...http, ethertype: 'IPv6' })
  await rule({ protocol: 'icmp' })
  await rule({ protocol: 'tcp', port_range_min: 22, port_range_max: 22, remote_group_id: friends })

  const port = (name: string, n: number, [network, of, host]: readonly [string, string, string], groups: readonly string[]) =>
    ask('POST /ports', {
      port: {
        ...{
          name,
          network_id: network,
          'binding:host_id': host,
          device_owner: 'compute:nova',
          device_id: `00000000-0000-4000-8000-00000000000${n}`,
        },
        ...{
          security_groups: groups,
          fixed_ips: [
            { subnet_id: of, ip_address: `10.${network === privateId ? 1 : 2}.0.1${n}` },
            { subnet_id: network === privateId ? six : behindSix },
          ],
        },
      },
    })
  const ports = {
    vm1: await port('vm1', 1, [privateId, inner, 'host1'], [web, friends]),
    vm2: await port('vm2', 2, [privateId, inner, 'host2'], [web]),
    vm3: await port('vm3', 3, [backId, behind, 'host2'], [web]),
  }
  await ask('POST /floatingips', {
    floatingip: { floating_network_id: publicId, floating_ip_address: floating, port_id: text(ports.vm2, 'id') },
  })
  await cloud.settled()
  const plug = async (name: keyof typeof ports, host: string, n: number, third: number) => {
    const guest = await cloud.hosts.plug(host, {
      id: text(ports[name], 'id'),
      network_id: text(ports[name], 'network_id'),
      mac_address: text(ports[name], 'mac_address'),
    })
    await guest.addresses(`10.${third}.0.1${n}/24`)
    await guest.run(`ip route add default via 10.${third}.0.1`)
    return guest
  }
  const guests = { vm1: await plug('vm1', 'host1', 1, 1), vm2: await plug('vm2', 'host2', 2, 1), vm3: await plug('vm3', 'host2', 3, 2) }
  await cloud.verify(true)
  await cloud.settled()
  const found: readonly Row[] = await ask('GET /ports')
  const isFour = (one: Row) => (one.fixed_ips ?? []).some(each => each.ip_address.includes('.'))
  const row = (owner: string, network: string): Row =>
    found.find(one => one['device_owner'] === owner && one['network_id'] === network && isFour(one)) ?? {}
  const own = (owner: string, network: string) => text(row(owner, network), 'id')
  const segment = await ask(`GET /networks/${privateId}`)
  return {
    ...{
      cloud,
      ports,
      guests,
      router: routerNamespaceOf(router),
      dhcp: dhcpNamespaceOf(privateId),
      dhcpHost: text(row('network:dhcp', privateId), 'binding:host_id'),
    },
    ids: {
      ...{ public: publicId, private: privateId, back: backId, subnet: inner, six, router, web, friends, floating },
      ...{
        inner: own('network:router_interface', privateId),
        outer: own('network:router_gateway', publicId),
        server: own('network:dhcp', privateId),
      },
      behind: own('network:router_interface', backId),
      vni: String(segment['provider:segmentation_id']),
    },
    trace: async question => ask('POST /traces', { trace: question }),
  }
}

export const text = (row: Readonly<Record<string, unknown>>, key: string): string => String(row[key] ?? '')
