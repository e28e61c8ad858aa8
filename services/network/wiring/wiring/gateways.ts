import type { WiredPort, WiredRouter } from './landscape.ts'
import { gatewayOwner } from './owners.ts'
import type { Sight } from './sight.ts'

export interface WiredGateway {
  readonly port: WiredPort
  readonly hasSnat: boolean
  readonly qosPolicyId: string | null
}

/** A router's ways out, the one by which it sends what is for nobody else first. */
export function gatewaysOf({ id, enableSnat, qosPolicyId, extraGateways }: WiredRouter, { portsOfRouter }: Pick<Sight, 'portsOfRouter'>) {
  const ports = (portsOfRouter.get(id) ?? []).filter(port => port.deviceOwner === gatewayOwner)
  const first = ports.find(port => !extraGateways.some(({ portId }) => portId === port.id))
  const rest = extraGateways.flatMap(extra => {
    const port = ports.find(one => one.id === extra.portId)
    return port ? [{ port, hasSnat: extra.enableSnat, qosPolicyId: extra.qosPolicyId }] : []
  })
  return [...(first ? [{ port: first, hasSnat: enableSnat, qosPolicyId }] : []), ...rest] satisfies WiredGateway[]
}

/** By which of several a guest goes out that is known outside at another than the first; nothing, where it takes the first. */
export function ownGatewayOf(router: WiredRouter, gateways: readonly WiredGateway[], source: string): WiredGateway | undefined {
  const known = router.floatingIps.filter(({ fixedAddress }) => fixedAddress === source).map(one => gatewayOn(gateways, one.networkId))
  const own = gateways.find(gateway => known.includes(gateway))
  return own === gateways[0] ? undefined : own
}

/** The one that answers for the floating addresses of a network. */
export const gatewayOn = (gateways: readonly WiredGateway[], networkId: string): WiredGateway | undefined =>
  gateways.find(({ port }) => port.networkId === networkId) ?? gateways[0]
