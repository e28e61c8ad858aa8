import type { Gateway, Router } from './router.ts'

type Led = Pick<Router, 'gwNetworkId' | 'gwPortId' | 'enableSnat' | 'gatewayIps' | 'qosPolicyId' | 'extraGateways'>

/** All ways out of a router, the first of them first. */
export function gatewaysOf({ gwNetworkId, gwPortId, enableSnat, gatewayIps, qosPolicyId, extraGateways }: Led): readonly Gateway[] {
  if (gwPortId === null || gwNetworkId === null) return extraGateways
  return [{ portId: gwPortId, networkId: gwNetworkId, enableSnat, qosPolicyId, ips: gatewayIps }, ...extraGateways]
}

/** What a router is that leads out by these. */
export function ledBy([first, ...extraGateways]: readonly Gateway[]): Led {
  if (!first) return { gwNetworkId: null, gwPortId: null, enableSnat: true, gatewayIps: [], qosPolicyId: null, extraGateways: [] }
  const { networkId: gwNetworkId, portId: gwPortId, enableSnat, ips: gatewayIps, qosPolicyId } = first
  return { gwNetworkId, gwPortId, enableSnat, gatewayIps, qosPolicyId, extraGateways }
}
