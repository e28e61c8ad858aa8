/**
 * What things are called on a host. A device's name has fifteen characters at most, so ids are cut to eleven, as everybody who looks at such
 * hosts expects. The agent owns what has one of these names, and touches nothing else.
 */
const short = (id: string): string => id.slice(0, 11)

export const bridgeOf = (networkId: string): string => `brq${short(networkId)}`
/** The host's end of a port's cable, whatever is at its other end. */
export const tapOf = (portId: string): string => `tap${short(portId)}`
export const vxlanOf = (vni: number): string => `vxlan-${vni}`
/** The DHCP server's end. */
export const dhcpDeviceOf = (portId: string): string => `ns-${short(portId)}`
/** A router's ends: towards guests, and towards the world. */
export const routerDeviceOf = (portId: string): string => `qr-${short(portId)}`
export const gatewayDeviceOf = (portId: string): string => `qg-${short(portId)}`
/** Of one of several gateways: what leads out by it alone. */
export const gatewayRoutes = (version: 4 | 6, device: string): string => `IPv${version} by ${device}`
export const dhcpNamespaceOf = (networkId: string): string => `qdhcp-${networkId}`
export const routerNamespaceOf = (routerId: string): string => `qrouter-${routerId}`
/** A VLAN on a host's interface; names of long interfaces are cut so that the number stays whole. */
export const vlanOf = (device: string, vlanId: number): string => `${device.slice(0, 14 - String(vlanId).length)}.${vlanId}`
