import type { FixedIp } from '@kilonova/network-agent/contract/wiring.ts'
import { type Groupings, keptGroupings } from './groupings.ts'
import type { Landscape, WiredHost, WiredPort } from './landscape.ts'

/** The landscape sorted for looking things up, and the hosts there are. */
export interface Sight extends Landscape, Groupings {
  readonly hosts: ReadonlyMap<string, WiredHost>
}

/** `groupings` are those of the landscape, where somebody keeps them. */
export const sightOf = (land: Landscape, hosts: readonly WiredHost[], groupings: Groupings = keptGroupings(land).groupings): Sight => ({
  ...land,
  ...groupings,
  hosts: new Map(hosts.map(host => [host.host, host])),
})

/** Addresses with the length of their subnet's network. One whose subnet is gone is gone. */
export const fixedIpsOf = (port: WiredPort, { subnets }: Pick<Landscape, 'subnets'>): readonly FixedIp[] =>
  port.fixedIps.flatMap(({ subnetId, ipAddress }) => {
    const length = subnets.get(subnetId)?.cidr.split('/')[1]
    return length === undefined ? [] : [{ subnetId, address: ipAddress, prefixLength: Number(length) }]
  })
