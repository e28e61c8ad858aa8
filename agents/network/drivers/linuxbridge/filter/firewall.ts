import { contains } from '../../../contract/addresses.ts'
import type { WiringTrouble } from '../../../contract/messages.ts'
import type { HostWiring } from '../../../contract/wiring.ts'
import type { Desired } from '../../../documents/desired/desired.ts'
import { type FilterWish, filterTables } from '../../../documents/filter/tables.ts'
import { reasonOf, type Run } from '../run.ts'
import { cutForbidden } from './conntrack.ts'
import { framesOn } from './frames.ts'
import { zonesOf } from './held.ts'
import { type Loaded, rulesOn, type Shut } from './rules.ts'
import { setsOn } from './sets.ts'

export interface Firewall {
  /** What the table of frames is called. */
  readonly frameName: string
  apply(wish: FirewallWish): Promise<Guarded>
  /** What another run would change, in words. */
  differences(desired: Desired): Promise<readonly string[]>
}

export interface FirewallWish {
  readonly desired: Desired
  readonly wiring: HostWiring
  /** Looks at the kernel rather than trusts what was loaded before. */
  readonly isThorough: boolean
}

export interface Guarded {
  readonly count: number
  readonly troubles: readonly WiringTrouble[]
  /** Ports whose rules could not be loaded: they are to be kept from everything. */
  readonly shut: Shut
}

/**
 * The host's packet filter: sets first, since rules name them; then each version's rules at one moment, then frames, which let nobody in whose
 * rules are not there; then what runs against the rules is cut.
 */
export function firewall(run: Run, prefix: string): Firewall {
  const [v4, v6] = [rulesOn(run, prefix, 4), rulesOn(run, prefix, 6)]
  const frames = framesOn(run, `${prefix.replaceAll('-', '_')}_frames`)
  const sets = setsOn(run, prefix)
  let before: ReadonlySet<string> = new Set()

  /** The wish with the zones that bridges have already; or why nobody knows what the kernel holds. */
  async function wishOf({ filter }: Desired, isThorough: boolean): Promise<FilterWish | string> {
    const held = await Promise.all([v4, v6].map(rules => rules.held(isThorough))).catch(reasonOf)
    if (typeof held === 'string') return held
    for (const each of held) sets.note(each)
    return { ...filter, zones: held[0] ? zonesOf(filter.bridges, held[0], prefix) : new Map() }
  }

  async function applyAll({ desired, wiring, isThorough }: FirewallWish): Promise<Guarded> {
    const set = await sets.apply(desired.sets, isThorough).then(
      (changes): Loaded => ({ changes, shut: new Map() }),
      (error): Loaded => ({ changes: 0, shut: ofRemoteSets(desired.filter, reasonOf(error)), trouble: reasonOf(error) }),
    )
    const wish = await wishOf(desired, isThorough)
    const rules =
      typeof wish === 'string'
        ? [{ changes: 0, shut: everyGuarded(desired.filter, wish), trouble: wish }]
        : await Promise.all([v4, v6].map(each => each.apply(wish, isThorough)))
    const behind = new Map([set, ...rules].flatMap(({ shut }) => [...shut]))
    const framed = await frames.apply(without(desired, behind), isThorough)
    const changes = [set, ...rules].reduce((sum, each) => sum + each.changes, 0)
    if (changes > 0 && typeof wish !== 'string') await cut(wish, { desired, wiring })
    await sets.keepOnly(desired.sets)
    return summed([set, ...rules, framed])
  }

  /** Members count as rules do: whoever leaves a group loses its connections. */
  async function cut(wish: FilterWish, { desired, wiring }: Pick<FirewallWish, 'desired' | 'wiring'>): Promise<void> {
    const now = new Set([...rulesIn(wish), ...desired.sets.flatMap(set => set.members.map(member => `${set.name} ${member}`))])
    const isLess = before.size === 0 || [...before].some(line => !now.has(line))
    before = now
    if (!isLess) return
    const addresses = new Map(wiring.addressSets.map(set => [set.id, set.addresses]))
    const isMember = (id: string, address: string) => (addresses.get(id) ?? []).some(member => contains(member, address))
    await cutForbidden({ run, wish, judging: { groups: wiring.securityGroups, isMember } })
  }

  async function remove(): Promise<Guarded> {
    for (const rules of [v4, v6]) sets.note(await rules.held(true))
    const counts = [await v4.remove(), await v6.remove()]
    await frames.remove()
    await sets.remove()
    before = new Set()
    return { count: counts.reduce((sum, count) => sum + count, 0), troubles: [], shut: new Map() }
  }

  return {
    frameName: frames.name,
    apply: wish => (wish.desired.bridges.length === 0 ? remove() : applyAll(wish)),
    differences: async desired => {
      const held = await v4.held(true)
      if (desired.bridges.length === 0) return held.chains.size === 0 ? [] : ['iptables-save shows rules, and none are wished']
      const wish = { ...desired.filter, zones: zonesOf(desired.filter.bridges, held, prefix) }
      const differing = await Promise.all([v4, v6].map(async rules => ((await rules.differs(wish)) ? [rules.version] : [])))
      return differing.flat().map(version => `${version === 4 ? 'iptables' : 'ip6tables'}-save shows other rules than were wished`)
    },
  }
}

function summed(parts: readonly Loaded[]): Guarded {
  const shut = new Map(parts.flatMap(part => [...part.shut]))
  return {
    count: parts.reduce((sum, { changes }) => sum + changes, 0),
    shut,
    troubles: [
      ...parts.flatMap(({ trouble }) => (trouble === undefined ? [] : [{ subject: 'firewall', reason: trouble }])),
      ...[...shut].map(([subject, why]) => ({ subject, reason: `its rules could not be loaded, so nothing passes there: ${why}` })),
    ],
  }
}

const rulesIn = (wish: FilterWish): readonly string[] =>
  ([4, 6] as const).flatMap(version =>
    filterTables(wish, version).flatMap(({ chains }) =>
      chains.flatMap(({ name, rules }) => rules.map(rule => `${version} ${name} ${rule}`)),
    ),
  )

const everyGuarded = ({ ports }: Desired['filter'], reason: string): Map<string, string> =>
  new Map(ports.filter(port => port.hasPortSecurity).map(({ id }) => [id, reason]))

/** Who may come in is not known where the members of groups could not be told. */
function ofRemoteSets({ ports, groups }: Desired['filter'], reason: string): Map<string, string> {
  const remote = new Set(groups.filter(({ rules }) => rules.some(rule => rule.remoteSet !== undefined)).map(({ id }) => id))
  const concerned = ports.filter(port => port.hasPortSecurity && port.securityGroups.some(id => remote.has(id)))
  return new Map(concerned.map(({ id }) => [id, reason]))
}

/** Whose rules are not there is a stranger to the table of frames. */
function without({ filter, taps }: Desired, shut: Shut): Desired['filter'] {
  if (shut.size === 0) return filter
  const closed = new Set(taps.filter(({ portId }) => shut.has(portId)).map(({ tap }) => tap))
  return { ...filter, members: filter.members.filter(member => !closed.has(member)) }
}
