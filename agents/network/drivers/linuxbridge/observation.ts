import type { Defect, Observation, ObservedNamespace } from '../../contract/observation.ts'
import type { HostSetup } from '../../documents/setup.ts'
import type { Namespace, Observed } from './observed.ts'
import type { Act } from './plan/act.ts'
import { serversIn } from './servers/servers.ts'

export interface Seen {
  readonly observed: Observed
  readonly setup: HostSetup
  /** What another run would change. */
  readonly acts: readonly Act[]
  readonly walls: readonly string[]
  readonly proxied: readonly string[]
  readonly defects: readonly Defect[]
}

/** What there is of ours on the host, for people and for checks. */
export async function observation({ observed, setup, acts, walls, proxied, defects }: Seen): Promise<Omit<Observation, 'host'>> {
  const links = [...observed.links.values()]
  const owned = [...observed.namespaces.values()].filter(each => each.owner === setup.owner)
  return {
    bridges: links
      .filter(link => link.kind === 'bridge' && link.alias === setup.owner)
      .map(({ name, mtu, isUp }) => ({ name, mtu, isUp, members: links.filter(link => link.master === name).map(link => link.name) })),
    namespaces: await Promise.all(owned.map(each => seenNamespace(each, setup.stateDir, proxied))),
    differences: [
      ...acts.map(({ tool, in: namespace, line }) => `${tool}${namespace === undefined ? '' : ` -n ${namespace}`} ${line}`),
      ...walls,
    ],
    defects,
  }
}

async function seenNamespace({ name, links, routes }: Namespace, stateDir: string, proxied: readonly string[]): Promise<ObservedNamespace> {
  return {
    name,
    devices: [...links.values()].map(({ name, isUp, macAddress, addresses }) => ({ name, isUp, macAddress, addresses })),
    routes: routes.map(({ destination, via, device, table }) => ({ destination, via, device, table })),
    services: [...(await serversIn(stateDir, name)), ...(proxied.includes(name) ? ['metadata'] : [])],
  }
}
