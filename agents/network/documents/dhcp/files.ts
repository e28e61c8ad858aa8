import type { DhcpHost, DhcpSubnet, DhcpWiring } from '../../contract/dhcp.ts'
import type { FixedIp } from '../../contract/wiring.ts'
import { maskOf, networkOf, parseCidr, sizeOf, versionOf } from '../../contract/addresses.ts'
import type { DhcpSetup } from '../setup.ts'
import { isClientId } from './client-id.ts'
import { type Metadata, optionsText } from './options.ts'

/** What one dnsmasq is given: its arguments, and the files it reads, laid out as people who debug such hosts expect them. */
export interface DhcpFiles {
  readonly dir: string
  readonly args: readonly string[]
  readonly host: string
  readonly opts: string
  readonly addnHosts: string
  /** Who has which address, for leases that are known before anybody asks: a new server refuses none that an old one gave. */
  readonly leases: readonly { readonly mac: string; readonly address: string }[]
  readonly pidPath: string
}

export interface DhcpRooms {
  readonly setup: DhcpSetup
  readonly dir: string
  readonly device: string
  readonly mtu: number
  readonly metadata: Metadata
}

export function dhcpFiles(wiring: DhcpWiring, { setup, dir, device, mtu, metadata }: DhcpRooms): DhcpFiles {
  const isServed = new Set(wiring.subnets.filter(subnet => subnet.isDhcpOn).map(subnet => subnet.id))
  const rows = wiring.hosts.flatMap(host => host.fixedIps.map(fixed => ({ host, fixed, subnet: subnetOf(wiring, fixed) })))
  const fqdn = (row: Row) => (wiring.domain === '' ? hostnameOf(row) : `${hostnameOf(row)}.${wiring.domain}`)
  const path = (file: string) => `${dir}/${file}`
  return {
    dir,
    args: argumentsOf(wiring, { setup, device, mtu, path }),
    host: rows.map(row => (isServed.has(row.fixed.subnetId) ? hostLine(row, fqdn(row)) : '')).join(''),
    opts: optionsText(wiring, setup, metadata),
    addnHosts: rows.map(row => `${row.fixed.address}\t${fqdn(row)} ${hostnameOf(row)}\n`).join(''),
    leases: rows
      .filter(({ fixed }) => isServed.has(fixed.subnetId) && versionOf(fixed.address) === 4)
      .map(({ host, fixed }) => ({ mac: host.macAddress, address: fixed.address })),
    pidPath: path('pid'),
  }
}

interface Row {
  readonly host: DhcpHost
  readonly fixed: FixedIp
  readonly subnet: DhcpSubnet | undefined
}

const hostnameOf = ({ host, fixed }: Row) => host.dnsName ?? `host-${fixed.address.replaceAll(/[.:]/g, '-')}`

const subnetOf = ({ subnets }: DhcpWiring, { subnetId }: FixedIp) => subnets.find(subnet => subnet.id === subnetId)

/** `fa:16:3e:6a:79:0b,host-192-168-56-104.openstacklocal,192.168.56.104`: a lease goes to its MAC address and to nobody else. */
function hostLine({ host, fixed, subnet }: Row, fqdn: string): string {
  const isV6 = versionOf(fixed.address) === 6
  const tag = isV6 ? 'tag:dhcpv6,' : ''
  const port = host.options.some(option => !isClientId(option.name)) ? `set:port-${host.portId}` : undefined
  if (isV6 && (subnet?.ipv6AddressMode === 'slaac' || subnet?.ipv6AddressMode === 'dhcpv6-stateless'))
    return port === undefined || subnet.ipv6AddressMode === 'slaac' ? '' : `${host.macAddress},${tag}${port}\n`
  const clientId = host.options.find(option => isClientId(option.name))
  const parts = [...(clientId ? [`id:${clientId.value}`] : []), fqdn, isV6 ? `[${fixed.address}]` : fixed.address, ...(port ? [port] : [])]
  return `${host.macAddress},${tag}${parts.join(',')}\n`
}

interface ArgumentRooms extends Pick<DhcpRooms, 'setup' | 'device' | 'mtu'> {
  readonly path: (file: string) => string
}

function argumentsOf({ subnets, domain }: DhcpWiring, { setup, device, mtu, path }: ArgumentRooms): readonly string[] {
  const ranges = subnets.filter(subnet => subnet.isDhcpOn).flatMap(subnet => rangeOf(subnet, setup) ?? [])
  const possible = ranges.reduce((sum, range) => sum + range.size, 0n)
  const most = BigInt(setup.leaseMax)
  return [
    '--no-hosts',
    ...(setup.user === undefined ? [] : [`--user=${setup.user}`]),
    ...(setup.forwarders.length > 0 || !setup.asksHostResolver ? ['--no-resolv'] : []),
    `--pid-file=${path('pid')}`,
    `--dhcp-hostsfile=${path('host')}`,
    `--addn-hosts=${path('addn_hosts')}`,
    `--dhcp-optsfile=${path('opts')}`,
    `--dhcp-leasefile=${path('leases')}`,
    '--dhcp-match=set:ipxe,175',
    '--dhcp-userclass=set:ipxe6,iPXE',
    '--local-service',
    '--bind-dynamic',
    `--interface=${device}`,
    '--except-interface=lo',
    ...ranges.map(range => range.text),
    ...(mtu > 0 ? [`--dhcp-option-force=option:mtu,${mtu}`] : []),
    `--dhcp-lease-max=${possible < most ? possible : most}`,
    `--conf-file=${setup.configFile || '/dev/null'}`,
    ...setup.forwarders.map(server => `--server=${server}`),
    ...(domain === '' ? [] : [`--domain=${domain}`]),
  ]
}

/** `static`: addresses are given to those in the hosts file alone. */
function rangeOf(subnet: DhcpSubnet, { leaseS }: DhcpSetup): { text: string; size: bigint } | undefined {
  const cidr = parseCidr(subnet.cidr)
  if (!cidr) return undefined
  const network = networkOf(subnet.cidr).split('/')[0]
  const lease = leaseS === -1 ? 'infinite' : `${leaseS}s`
  const start = `--dhcp-range=set:subnet-${subnet.id},${network},static`
  if (subnet.ipVersion === 4) return { text: `${start},${maskOf(cidr.prefixLength)},${lease}`, size: sizeOf(cidr) }
  const givesOut = subnet.ipv6AddressMode === undefined ? subnet.ipv6RaMode === undefined : subnet.ipv6AddressMode !== 'slaac'
  if (!givesOut || cidr.prefixLength < 64) return undefined
  return { text: `${start},${cidr.prefixLength},${lease}`, size: sizeOf(cidr) }
}
