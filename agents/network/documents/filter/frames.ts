import { tapOf } from '../../contract/names.ts'
import type { PortWiring } from '../../contract/wiring.ts'
import { contains, linkLocalOf, networkOf, parseCidr, sizeOf, versionOf } from '../../contract/addresses.ts'

/**
 * What iptables cannot see: ARP, whose address a neighbour advertisement is about, frames under another's MAC address, and cables that nobody
 * told of, such as that of a guest that starts before its wiring. A table of nft's own in the bridge family, replaced whole in one transaction.
 * Probes from 0.0.0.0 pass, since a guest asks with them whether its address is taken.
 */
export function frameTable(name: string, ports: readonly PortWiring[], members: readonly string[]): string {
  const guarded = ports.filter(port => port.hasPortSecurity)
  const chains = guarded.map(
    port =>
      `  chain ${tapOf(port.id)} {\n${rulesOf(port)
        .map(rule => `    ${rule}\n`)
        .join('')}  }\n`,
  )
  const jumps = guarded.map(port => `"${tapOf(port.id)}" : jump ${tapOf(port.id)}`)
  const dispatch = jumps.length === 0 ? '' : `    iifname vmap { ${jumps.join(', ')} }\n`
  return [
    `add table bridge ${name}\ndelete table bridge ${name}\ntable bridge ${name} {\n`,
    ...chains,
    `  chain PREROUTING {\n    type filter hook prerouting priority -300; policy accept;\n${dispatch}  }\n`,
    `  chain FORWARD {\n    type filter hook forward priority -300; policy accept;\n${strangers(members)}  }\n}\n`,
  ].join('')
}

function rulesOf(port: PortWiring): readonly string[] {
  const { macAddress, fixedIps, allowedAddressPairs } = port
  const macs = unique([macAddress, ...allowedAddressPairs.map(pair => pair.macAddress)]).map(mac => mac.toLowerCase())
  const mine = unique([...fixedIps.map(({ address }) => address), ...allowedAddressPairs.map(pair => pair.ipAddress)])
  return [
    `ether saddr != { ${macs.join(', ')} } drop`,
    `arp saddr ether != { ${macs.join(', ')} } drop`,
    ...(fixedIps.length === 0 ? [] : [...arpRules(mine), ...neighbourRules([...mine, ...macs.map(linkLocalOf)])]),
  ]
}

function arpRules(addresses: readonly string[]): readonly string[] {
  const ips = addresses.filter(ip => versionOf(ip) === 4).map(ip => networkOf(ip).replace(/\/32$/, ''))
  return ips.some(isEverything) ? [] : [`arp saddr ip != { ${['0.0.0.0', ...withoutOverlaps(unique(ips))].join(', ')} } drop`]
}

/** The address that is advertised stands eight bytes into the message; nft of today has no word for it. */
function neighbourRules(addresses: readonly string[]): readonly string[] {
  const ips = unique(addresses.filter(ip => versionOf(ip) === 6).map(networkOf))
  return ips.some(isEverything)
    ? []
    : [`icmpv6 type nd-neighbor-advert @th,64,128 != { ${withoutOverlaps(ips).map(asNumbers).join(', ')} } drop`]
}

const isEverything = (ip: string) => ip.endsWith('/0')

function asNumbers(ip: string): string {
  const cidr = parseCidr(ip)
  if (!cidr) return ip
  const last = cidr.first + sizeOf(cidr) - 1n
  const hex = (value: bigint) => `0x${value.toString(16)}`
  return last === cidr.first ? hex(cidr.first) : `${hex(cidr.first)}-${hex(last)}`
}

const unique = (texts: readonly string[]) => [...new Set(texts)]

/** nft refuses a set whose networks lie in each other. */
const withoutOverlaps = (ips: readonly string[]) => ips.filter(ip => !ips.some(other => other !== ip && contains(other, ip)))

function strangers(members: readonly string[]): string {
  if (members.length === 0) return ''
  const ours = `{ ${members.map(member => `"${member}"`).join(', ')} }`
  return `    iifname ${ours} oifname != ${ours} drop\n    oifname ${ours} iifname != ${ours} drop\n`
}
