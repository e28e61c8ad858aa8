import type { RouterInterface } from '../../contract/router.ts'
import { linkLocalOf, networkOf } from '../../contract/addresses.ts'
import { metadataAddressV6 } from './tables.ts'

/** radvd takes no more name servers than this. */
const mostServers = 10
const leastMtu = 1280

export interface RadvdInterface extends RouterInterface {
  readonly device: string
  readonly mtu: number
}

/** What a router announces to the hosts of each of its networks; '' when there is nothing to announce. */
export const radvdConfig = (interfaces: readonly RadvdInterface[]): string => interfaces.map(announcement).join('')

function announcement({ device, mtu, subnets, macAddress }: RadvdInterface): string {
  const announced = subnets.filter(subnet => subnet.ipVersion === 6 && subnet.ipv6RaMode !== undefined)
  if (announced.length === 0) return ''
  const modes = new Set(announced.map(subnet => subnet.ipv6RaMode))
  const servers = [...new Set(announced.flatMap(subnet => subnet.nameServers))].slice(0, mostServers)
  const lines = [
    'AdvSendAdvert on;',
    // The device has another address of the link besides, which is that of whoever answers for metadata.
    `AdvRASrcAddress { ${linkLocalOf(macAddress)}; };`,
    'MinRtrAdvInterval 30;',
    'MaxRtrAdvInterval 100;',
    ...(mtu >= leastMtu ? [`AdvLinkMTU ${mtu};`] : []),
    ...(modes.has('dhcpv6-stateless') ? ['AdvOtherConfigFlag on;'] : []),
    ...(modes.has('dhcpv6-stateful') ? ['AdvManagedFlag on;'] : []),
    ...(servers.length > 0 ? [`RDNSS ${servers.join(' ')} {};`] : []),
    ...announced.flatMap(({ cidr, ipv6RaMode }) => [
      `prefix ${networkOf(cidr)} {`,
      '  AdvOnLink on;',
      `  AdvAutonomous ${ipv6RaMode === 'dhcpv6-stateful' ? 'off' : 'on'};`,
      '};',
    ]),
    `route ${metadataAddressV6}/128 {`,
    '};',
  ]
  return `interface ${device} {\n${lines.map(line => `  ${line}\n`).join('')}};\n`
}
