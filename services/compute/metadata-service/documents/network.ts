import type { GuestCable, GuestSubnet, Told } from '../metadata-service.ts'

/** `network_data.json`: how the guest shall set up its NICs, the first subnet of each IP version. */
export function networkDocument({ cables }: Pick<Told, 'cables'>) {
  const seen = cables.filter(({ subnets }) => subnets.length > 0)
  const chosen = seen.flatMap(cable => firstOfEach(cable).map(subnet => ({ cable, subnet })))
  const dns = chosen.flatMap(({ subnet }) => subnet.dns ?? [])
  return {
    links: seen.map(linkOf),
    networks: chosen.map(({ cable, subnet }, number) => networkOf(cable, subnet, number)),
    services: [...new Set(dns)].map(service),
  }
}

const firstOfEach = ({ subnets }: GuestCable) =>
  ([4, 6] as const).flatMap(version => subnets.filter(one => one.version === version).slice(0, 1))

const linkOf = ({ name, portId, macAddress, mtu, subnets }: GuestCable) => ({
  id: name,
  vif_id: portId,
  type: 'bridge',
  // A DHCP server tells it.
  mtu: subnets.some(({ isByDhcp }) => isByDhcp) ? null : mtu,
  ethernet_mac_address: macAddress,
})

function networkOf({ name, networkId }: GuestCable, subnet: GuestSubnet, number: number) {
  const { version, address, isByDhcp, ipv6Mode, netmask, gateway, routes = [], dns = [] } = subnet
  const which = { id: `network${number}`, link: name, network_id: networkId }
  if (isByDhcp && ipv6Mode === undefined) return { ...which, type: `ipv${version}_dhcp` }
  const everywhere = version === 4 ? '0.0.0.0' : '::'
  return {
    ...which,
    type: `ipv${version}${ipv6Mode === undefined ? '' : `_${ipv6Mode}`}`,
    ip_address: address,
    netmask: netmask ?? (version === 4 ? '255.255.255.255' : 'ffff:ffff:ffff:ffff::'),
    routes: [...(gateway === undefined ? [] : [{ network: everywhere, netmask: everywhere, gateway }]), ...routes],
    services: dns.map(service),
  }
}

const service = (address: string) => ({ type: 'dns', address })
