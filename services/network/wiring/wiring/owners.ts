/** Who plugs a port in, by its owner's name. */
export const dhcpOwner = 'network:dhcp'
export const gatewayOwner = 'network:router_gateway'
const interfaceOwners = ['network:router_interface', 'network:ha_router_replicated_interface', 'network:router_interface_distributed']

export const isRouterInterface = (owner: string): boolean => interfaceOwners.includes(owner)

/** Ports of the network's own servers: agents make their cables, no guest has them. */
export const isOfNetwork = (owner: string): boolean => owner.startsWith('network:')

export const isOfGuest = (owner: string): boolean => owner.startsWith('compute:') || owner.startsWith('baremetal:')
