import type { HostWiring } from '../../../contract/wiring.ts'
import { contains } from '../../../contract/addresses.ts'
import type { Desired } from '../../../documents/desired/desired.ts'
import { frameTable } from '../../../documents/filter/frames.ts'
import { cutSetOf, type FilterWish, filterTables, removalText, restoreText } from '../../../documents/filter/tables.ts'
import type { Run } from '../run.ts'
import { cutForbidden } from './conntrack.ts'
import { readSets, setLines } from './ipsets.ts'
import { readSaved, type Saved, zonesOf } from './saved.ts'

/** Kept so long that whoever still sends has given up. */
const cutForS = 86_400

const versions = [
  { version: 4, save: 'iptables-save', restore: 'iptables-restore', family: 'inet' },
  { version: 6, save: 'ip6tables-save', restore: 'ip6tables-restore', family: 'inet6' },
] as const

/** What was asked for last, and how the host told it afterwards: when both are the same again, there is nothing to be done. */
interface Last<Told> {
  readonly asked: string
  readonly told: Told
}

export interface Firewall {
  /** What the table of frames is called. */
  readonly frameName: string
  /** Says how many changes were needed. Unless it is thorough, what was set before is taken to be so still. */
  apply(wish: { readonly desired: Desired; readonly wiring: HostWiring; readonly isThorough: boolean }): Promise<number>
  /** What another run would change, in words. */
  differences(desired: Desired): Promise<readonly string[]>
}

/**
 * The host's packet filter: sets first, since rules name them; then each version's rules at one moment; then what runs against them is cut.
 */
export function firewall(run: Run, prefix: string): Firewall {
  const frameName = `${prefix.replaceAll('-', '_')}_frames`
  const rulesLast = new Map<string, Last<Saved>>()
  let framesLast: Last<string> | undefined
  let setsLast: string | undefined
  let before: ReadonlySet<string> = new Set()
  /** Sets that were made here, or that rules of ours named when the agent began. */
  const mySets = new Set<string>()

  const readRules = () => Promise.all(versions.map(async each => ({ ...each, saved: readSaved(await run(each.save, []), prefix) })))
  const readFrames = () => run('nft', ['list', 'table', 'bridge', frameName]).catch(() => '')

  const wishOf = (desired: Desired, saved: Saved): FilterWish => ({ ...desired.filter, zones: zonesOf(desired.filter.bridges, saved) })

  const noteSets = ({ lines }: Saved) => {
    for (const line of lines) {
      const name = / --match-set (NIPv\S+) /.exec(line)?.[1]
      if (name !== undefined) mySets.add(name)
    }
  }

  async function applySets(desired: Desired, isThorough: boolean): Promise<number> {
    const asked = JSON.stringify(desired.sets)
    if (asked === setsLast && !isThorough) return 0
    setsLast = undefined
    const there = readSets(await run('ipset', ['save']))
    const cuts = versions
      .map(({ version, family }) => ({ name: cutSetOf(prefix, version), family }))
      .filter(({ name }) => !there.has(name))
      .map(({ name, family }) => `create ${name} hash:ip,port,ip family ${family} timeout ${cutForS}`)
    const lines = [...cuts, ...setLines(desired.sets, there)]
    if (lines.length > 0) await run('ipset', ['restore', '-exist'], { input: `${lines.join('\n')}\n` })
    setsLast = asked
    return lines.length
  }

  const toldLast = (restore: string) => {
    const known = rulesLast.get(restore)
    return known && told(known.told)
  }

  /** As they were told last, where nobody asks for more. */
  async function knownRules(isThorough: boolean) {
    const known = versions.flatMap(each => {
      const before = rulesLast.get(each.restore)
      return before ? [{ ...each, saved: before.told }] : []
    })
    return isThorough || known.length < versions.length ? readRules() : known
  }

  async function applyRules(
    desired: Desired,
    isThorough: boolean,
  ): Promise<{ changes: number; wish: FilterWish; lines: readonly string[] }> {
    const read = await knownRules(isThorough)
    for (const { saved } of read) noteSets(saved)
    const wish = wishOf(desired, read[0]?.saved ?? { chains: [], hooked: [], lines: [] })
    const counts = await Promise.all(read.map(each => applyVersion(wish, each)))
    const lines = versions.flatMap(({ version }) =>
      filterTables(wish, version).flatMap(table =>
        table.chains.flatMap(chain => chain.rules.map(rule => `${version} ${chain.name} ${rule}`)),
      ),
    )
    return { changes: counts.reduce((sum, count) => sum + count, 0), wish, lines }
  }

  async function applyVersion(
    wish: FilterWish,
    { version, restore, save, saved }: (typeof versions)[number] & { saved: Saved },
  ): Promise<number> {
    const tables = filterTables(wish, version)
    const names = new Set(tables.flatMap(({ name, chains }) => chains.map(chain => `${name} ${chain.name}`)))
    const stale = saved.chains.filter(chain => !names.has(chain))
    const asked = restoreText(tables, { stale: [], hooked: [] }, prefix)
    const known = rulesLast.get(restore)
    if (known?.asked === asked && told(known.told) === told(saved)) return 0
    rulesLast.delete(restore)
    await run(restore, ['--noflush'], { input: restoreText(tables, { stale, hooked: saved.hooked }, prefix) })
    rulesLast.set(restore, { asked, told: readSaved(await run(save, []), prefix) })
    return 1
  }

  async function applyFrames(desired: Desired, isThorough: boolean): Promise<number> {
    const asked = frameTable(frameName, desired.filter.ports, desired.filter.members)
    if (framesLast?.asked === asked && (!isThorough || framesLast.told === (await readFrames()))) return 0
    framesLast = undefined
    await run('nft', ['-f', '-'], { input: asked })
    framesLast = { asked, told: await readFrames() }
    return 1
  }

  /** Members count as rules do: whoever leaves a group loses its connections. */
  async function cut(
    lines: readonly string[],
    wish: FilterWish,
    { desired, wiring }: { desired: Desired; wiring: HostWiring },
  ): Promise<void> {
    const now = new Set([...lines, ...desired.sets.flatMap(set => set.members.map(member => `${set.name} ${member}`))])
    const lost = [...before].some(line => !now.has(line))
    const isFirst = before.size === 0
    before = now
    if (!lost && !isFirst) return
    const sets = new Map(wiring.addressSets.map(set => [set.id, set.addresses]))
    const isMember = (id: string, address: string) => (sets.get(id) ?? []).some(member => contains(member, address))
    await cutForbidden({ run, wish, judging: { groups: wiring.securityGroups, isMember } })
  }

  async function remove(): Promise<number> {
    const read = await readRules()
    let changes = 0
    for (const { restore, saved } of read) {
      const text = removalText({ stale: saved.chains, hooked: saved.hooked }, prefix)
      if (text === '') continue
      await run(restore, ['--noflush'], { input: text })
      changes++
    }
    if ((await readFrames()) !== '') await run('nft', ['delete', 'table', 'bridge', frameName])
    for (const { saved } of read) noteSets(saved)
    await destroySets([...mySets, ...versions.map(({ version }) => cutSetOf(prefix, version))])
    rulesLast.clear()
    framesLast = undefined
    setsLast = undefined
    before = new Set()
    return changes
  }

  /** A set that another's rules use stays: the kernel refuses. */
  async function destroySets(names: readonly string[]): Promise<void> {
    for (const name of names) {
      await run('ipset', ['destroy', name]).catch(() => undefined)
      mySets.delete(name)
    }
  }

  return {
    frameName,
    apply: async ({ desired, wiring, isThorough }) => {
      if (desired.bridges.length === 0) return remove()
      const sets = await applySets(desired, isThorough)
      const [{ changes, wish, lines }, frames] = await Promise.all([applyRules(desired, isThorough), applyFrames(desired, isThorough)])
      if (sets + changes > 0) await cut(lines, wish, { desired, wiring })
      const wanted = new Set(desired.sets.map(set => set.name))
      await destroySets([...mySets].filter(name => !wanted.has(name)))
      for (const name of wanted) mySets.add(name)
      return sets + changes + frames
    },
    differences: async desired => {
      const read = await readRules()
      return read.flatMap(({ save, restore, saved }) =>
        toldLast(restore) === told(saved) || (desired.bridges.length === 0 && saved.chains.length === 0)
          ? []
          : [`${save} shows other rules than were set`],
      )
    },
  }
}

const told = ({ lines, hooked }: Saved): string => [...[...hooked].sort(), ...lines].join('\n')
