import type { Rows, ThingOf, WiredPort } from './landscape.ts'
import { dhcpOwner, isOfNetwork } from './owners.ts'
import type { Sight } from './sight.ts'

/** A row that is another now; one side is nothing when it came or went. */
export type Renewed = { readonly [R in Rows]: { readonly rows: R; readonly before?: ThingOf<R>; readonly after?: ThingOf<R> } }[Rows]

/** What some changes mean to hosts: whose wiring may be another, and where servers and ports of routers may have to be placed anew. */
export interface Touched {
  readonly hosts: ReadonlySet<string> | 'all'
  readonly networks: ReadonlySet<string>
  readonly routers: ReadonlySet<string>
}

/**
 * A host's wiring is made from what is bound to it and from what that names, and so on. Each row that changed is asked, as it was and as it is, who
 * names it now; whoever no longer does has changed itself, and was asked likewise.
 */
export function touchedBy(renewed: readonly Renewed[], sight: Sight): Touched {
  const feeler = feel(sight)
  for (const one of renewed) for (const thing of [one.before, one.after]) if (thing) touches[one.rows](thing as never, feeler)
  return feeler.touched()
}

type Feeler = ReturnType<typeof feel>

function feel(sight: Sight) {
  const hosts = new Set<string>()
  const [networks, routers] = [new Set<string>(), new Set<string>()]
  const asked = new Set<string>()
  let isEverywhere = false
  const isNew = (what: string) => asked.size < asked.add(what).size
  const hostOf = ({ bindingVifType, bindingHostId }: WiredPort) => {
    if (bindingVifType === 'bridge') hosts.add(bindingHostId)
  }
  const routerOf = (id: string) => {
    for (const host of sight.routers.get(id)?.hosts ?? []) hosts.add(host)
  }
  const ofGroup = (id: string) => {
    if (isNew(`group ${id}`)) for (const port of sight.portsOfGroup.get(id) ?? []) hostOf(port)
  }
  const feeler = {
    hostOf,
    ofGroup,
    everywhere: () => {
      isEverywhere = true
    },
    host: (host: string) => void hosts.add(host),
    place: (networkId: string) => void networks.add(networkId),
    router: (id: string) => {
      routers.add(id)
      routerOf(id)
    },
    port: (id: string) => {
      const port = sight.ports.get(id)
      if (port) hostOf(port)
    },
    /** Everywhere it has a port or a router: all of them know of each other. */
    ofNetwork(id: string) {
      if (!isNew(`network ${id}`)) return
      for (const port of sight.portsOfNetwork.get(id) ?? []) {
        hostOf(port)
        if (isOfNetwork(port.deviceOwner)) routerOf(port.deviceId)
      }
    },
    /** Where rules mean those who are in this group, or its addresses. */
    naming(id: string) {
      if (isNew(`set ${id}`)) for (const rule of sight.rulesNaming.get(id) ?? []) ofGroup(rule.securityGroupId)
    },
    ofPolicy(id: string) {
      for (const port of sight.portsOfPolicy.get(id) ?? []) hostOf(port)
      for (const router of sight.routersOfPolicy.get(id) ?? []) routerOf(router.id)
      for (const network of sight.networksOfPolicy.get(id) ?? []) feeler.ofNetwork(network.id)
    },
    touched: (): Touched => ({ hosts: isEverywhere ? 'all' : hosts, networks, routers }),
  }
  return feeler
}

const touches: { readonly [R in Rows]: (thing: ThingOf<R>, feeler: Feeler) => void } = {
  networks({ id }, feeler) {
    feeler.ofNetwork(id)
    feeler.place(id)
  },
  subnets({ networkId }, feeler) {
    feeler.ofNetwork(networkId)
    feeler.place(networkId)
  },
  ports(port, feeler) {
    feeler.hostOf(port)
    feeler.ofNetwork(port.networkId)
    for (const id of port.securityGroups) feeler.naming(id)
    if (port.deviceOwner === dhcpOwner) feeler.place(port.networkId)
    else if (isOfNetwork(port.deviceOwner)) feeler.router(port.deviceId)
  },
  groups: ({ id }, feeler) => feeler.ofGroup(id),
  rules: ({ securityGroupId }, feeler) => feeler.ofGroup(securityGroupId),
  addressGroups: ({ id }, feeler) => feeler.naming(id),
  routers({ id, hosts }, feeler) {
    feeler.router(id)
    for (const host of hosts) feeler.host(host)
  },
  limits: ({ policyId }, feeler) => feeler.ofPolicy(policyId),
  logs({ targetId, resourceId }, feeler) {
    if (targetId !== null) feeler.port(targetId)
    else if (resourceId !== null) feeler.ofGroup(resourceId)
    else feeler.everywhere()
  },
}
