import { type Grouped, type KeptGroup, keptGroup } from './grouped.ts'
import type { Landscape, Rows, ThingOf } from './landscape.ts'
import { isOfNetwork } from './owners.ts'

type Keys<R extends Rows> = (thing: ThingOf<R>) => readonly string[]

const by = <R extends Rows>(rows: R, keys: Keys<R>) => ({ rows, keys })
const some = (...keys: readonly (string | null)[]) => keys.filter(key => key !== null)

/** The rows of the landscape by what hosts and networks ask of them. */
// biome-ignore format: a table of groups
const table = {
  portsOfNetwork:   by('ports', port => [port.networkId]),
  portsOfHost:      by('ports', port => (port.bindingVifType === 'bridge' ? [port.bindingHostId] : [])),
  portsOfGroup:     by('ports', port => port.securityGroups),
  portsOfRouter:    by('ports', port => (isOfNetwork(port.deviceOwner) ? [port.deviceId] : [])),
  portsOfOwner:     by('ports', port => (isOfNetwork(port.deviceOwner) ? [port.deviceOwner] : [])),
  portsOfPolicy:    by('ports', port => some(port.qosPolicyId)),
  networksOfPolicy: by('networks', network => some(network.qosPolicyId)),
  routersOfPolicy:  by('routers', ({ qosPolicyId, extraGateways, floatingIps }) => some(qosPolicyId, ...[...extraGateways, ...floatingIps].map(one => one.qosPolicyId))),
  subnetsOfNetwork: by('subnets', subnet => [subnet.networkId]),
  rulesOfGroup:     by('rules', rule => [rule.securityGroupId]),
  // Those that mean the members of a group, or the addresses of one.
  rulesNaming:      by('rules', rule => some(rule.remoteGroupId, rule.remoteAddressGroupId)),
  routersOfHost:    by('routers', router => router.hosts),
  routersHolding:   by('routers', router => router.holds),
  limitsOfPolicy:   by('limits', limit => [limit.policyId]),
  logsOfProject:    by('logs', log => [log.projectId]),
}

type Name = keyof typeof table

export type Groupings = { readonly [N in Name]: Grouped<ThingOf<(typeof table)[N]['rows']>> }

type Any = { readonly id: string }

export interface KeptGroupings {
  readonly groupings: Groupings
  /** A row that is another now; one side is nothing when it came or went. */
  swap(rows: Rows, before: Any | undefined, after: Any | undefined): void
}

/** The groups of a landscape, to be kept as its rows come and go. */
export function keptGroupings(land?: Landscape): KeptGroupings {
  const groups = Object.entries(table).map(([name, { rows, keys }]) => ({ name, rows, group: keptGroup<Any>(keys as never) }))
  const ofRows: ReadonlyMap<Rows, readonly { readonly group: KeptGroup<Any> }[]> = Map.groupBy(groups, ({ rows }) => rows)
  const swap = (rows: Rows, before: Any | undefined, after: Any | undefined) => {
    for (const { group } of ofRows.get(rows) ?? []) group.swap(before, after)
  }
  for (const [rows, things] of Object.entries(land ?? {})) for (const thing of things.values()) swap(rows as Rows, undefined, thing)
  const groupings: Readonly<Record<string, Grouped<Any>>> = Object.fromEntries(groups.map(({ name, group }) => [name, group]))
  return { groupings: groupings as Groupings, swap }
}
