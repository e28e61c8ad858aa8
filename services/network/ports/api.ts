import type { NetworkLogic } from '../networks/logic.ts'
import { askNetworks } from '../versions/asking.ts'
import { collection, type TagKeeper } from '../versions/collection.ts'
import type { PortLogic } from './logic/ports.ts'
import { requestOf, type ResourceRequest } from './logic/requests.ts'
import { portAttributes } from './port/attributes.ts'
import type { Port } from './port/port.ts'

/** Names of a port's addresses, as the network's own DNS has them. */
const namesOf =
  (dnsDomain: string) =>
  ({ fixedIps, dnsName }: Port) =>
    fixedIps.map(({ ipAddress }) => {
      const hostname = dnsName === '' ? `host-${ipAddress.replace(/[.:]/g, '-')}` : dnsName
      const isWhole = hostname.endsWith('.')
      return { hostname: hostname.split('.')[0] ?? hostname, ip_address: ipAddress, fqdn: isWhole ? hostname : `${hostname}.${dnsDomain}` }
    })

/** Only what is a trunk's parent has details of one. */
const trunkOf = ({ trunk }: Port) =>
  trunk === null
    ? undefined
    : {
        trunk_id: trunk.trunkId,
        sub_ports: trunk.subPorts.map(({ portId, segmentationType, segmentationId, macAddress }) => ({
          port_id: portId,
          segmentation_type: segmentationType,
          segmentation_id: segmentationId,
          mac_address: macAddress,
        })),
      }

const requestWire = (request: ResourceRequest | null) =>
  request === null ? null : { request_groups: request.groups, same_subtree: request.sameSubtree }

export interface Rooms {
  readonly ports: PortLogic
  readonly tags: TagKeeper
  readonly networks: Pick<NetworkLogic, 'factsOf'>
  readonly dnsDomain: string
  /** The same id for the same name in the same space, always. */
  readonly idOf: (space: string, name: string) => string
}

export const portApi = ({ ports, tags, networks, dnsDomain, idOf }: Rooms) =>
  collection<Port>({
    name: 'port',
    plural: 'ports',
    path: '/v2.0/ports',
    words: { one: 'a port', many: 'the ports' },
    attributes: portAttributes,
    logic: ports,
    tags,
    isLasting: true,
    besides: askNetworks(networks.factsOf),
    shows: {
      fixed_ips: ({ fixedIps }) => fixedIps.map(({ subnetId, ipAddress }) => ({ subnet_id: subnetId, ip_address: ipAddress })),
      allowed_address_pairs: port =>
        port.allowedAddressPairs.map(({ ipAddress, macAddress }) => ({ ip_address: ipAddress, mac_address: macAddress })),
      extra_dhcp_opts: port =>
        port.extraDhcpOpts.map(({ name, value, ipVersion }) => ({ opt_name: name, opt_value: value, ip_version: ipVersion })),
      dns_assignment: namesOf(dnsDomain),
      resource_request: port => requestWire(requestOf(port, idOf)),
      trunk_details: trunkOf,
    },
  })
