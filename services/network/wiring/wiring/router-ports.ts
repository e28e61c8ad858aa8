import { gatewayOwner, isRouterInterface } from './owners.ts'
import type { Sight } from './sight.ts'

/** Routers' ports that are not where their router is. */
export interface RouterPortPlan {
  readonly bind: readonly { readonly portId: string; readonly host: string }[]
}

export const routerPortPlan = ({ routers, portsOfRouter }: Sight): RouterPortPlan => ({
  bind: [...routers.values()].flatMap(({ id, hosts: [host] }) =>
    (host === undefined ? [] : (portsOfRouter.get(id) ?? []))
      .filter(port => isRouterInterface(port.deviceOwner) || port.deviceOwner === gatewayOwner)
      .filter(port => port.bindingHostId !== host)
      .map(port => ({ portId: port.id, host: host ?? '' })),
  ),
})
