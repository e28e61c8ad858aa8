import { gatewayOwner, isRouterInterface } from './owners.ts'
import type { Sight } from './sight.ts'

/** Routers' ports that are not where their router is. */
export interface RouterPortPlan {
  readonly bind: readonly { readonly routerId: string; readonly portId: string; readonly host: string }[]
}

/** Of these routers; of all unless told. */
export const routerPortPlan = ({ routers, portsOfRouter }: Sight, routerIds: Iterable<string> = routers.keys()): RouterPortPlan => ({
  bind: [...routerIds].flatMap(id => {
    const host = routers.get(id)?.hosts[0]
    if (host === undefined) return []
    return (portsOfRouter.get(id) ?? [])
      .filter(port => isRouterInterface(port.deviceOwner) || port.deviceOwner === gatewayOwner)
      .filter(port => port.bindingHostId !== host)
      .map(port => ({ routerId: id, portId: port.id, host }))
  }),
})
