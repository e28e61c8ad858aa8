import { rulesIn, spelled } from '../../../documents/defects/lines.ts'
import { hooks, type Table } from '../../../documents/filter/tables.ts'

/** What the kernel holds of ours, of one version of the protocol. */
export interface HeldRules {
  /** By `filter name`: a chain's rules, spelled the same way whoever wrote them. */
  readonly chains: ReadonlyMap<string, readonly string[]>
  /** Built-in chains that lead into ours, as `filter FORWARD`. */
  readonly hooked: ReadonlySet<string>
}

/** Of what iptables-save prints, what is ours. */
export function readHeld(text: string, prefix: string): HeldRules {
  const chains = new Map<string, string[]>()
  const hooked = new Set<string>()
  for (const chain of chainsIn(text)) if (chain.split(' ')[1]?.startsWith(`${prefix}-`)) chains.set(chain, [])
  for (const line of rulesIn(text)) {
    const [table, , chain = '', ...rule] = line.split(' ')
    chains.get(`${table} ${chain}`)?.push(rule.join(' '))
    if (rule.join(' ') === `-j ${prefix}-${chain}`) hooked.add(`${table} ${chain}`)
  }
  return { chains, hooked }
}

function chainsIn(text: string): readonly string[] {
  let table = ''
  return text.split('\n').flatMap(line => {
    if (line.startsWith('*')) table = line.slice(1)
    const chain = /^:(\S+)/.exec(line)?.[1]
    return chain === undefined ? [] : [`${table} ${chain}`]
  })
}

/** The same when these tables were loaded. */
export const heldAfter = (tables: readonly Table[]): HeldRules => ({
  chains: new Map(tables.flatMap(({ name, chains }) => chains.map(chain => [`${name} ${chain.name}`, spelledRules(chain)] as const))),
  hooked: new Set(tables.flatMap(({ name }) => hooks[name].map(hook => `${name} ${hook}`))),
})

export interface Difference {
  /** The chains that are not there, or not so. */
  readonly tables: readonly Table[]
  /** Chains of before that nobody needs now. */
  readonly stale: readonly string[]
  readonly hooked: readonly string[]
  readonly isNone: boolean
}

type Same = (wanted: readonly string[], there: readonly string[], chain: string) => boolean

/** What is to be loaded for the kernel to hold these tables: a port that comes costs its own chains and those that lead to it. */
export function differenceOf(wanted: readonly Table[], { chains, hooked }: HeldRules, isSame: Same = sameRules): Difference {
  const tables = wanted.map(table => ({
    ...table,
    chains: table.chains.filter(chain => {
      const key = `${table.name} ${chain.name}`
      const there = chains.get(key)
      return there === undefined || !isSame(spelledRules(chain), there, key)
    }),
  }))
  const names = new Set(wanted.flatMap(({ name, chains: all }) => all.map(chain => `${name} ${chain.name}`)))
  const stale = [...chains.keys()].filter(chain => !names.has(chain))
  const missing = wanted.flatMap(({ name }) => hooks[name].filter(hook => !hooked.has(`${name} ${hook}`)))
  const isNone = stale.length + missing.length === 0 && tables.every(table => table.chains.length === 0)
  return { tables, stale, hooked: [...hooked], isNone }
}

const spelledRules = ({ rules }: Table['chains'][number]): readonly string[] => rules.map(rule => spelled(` ${rule}`))

export const sameRules = (wanted: readonly string[], there: readonly string[]): boolean =>
  wanted.length === there.length && wanted.every((rule, index) => rule === there[index])

const firstZone = 4097
const lastZone = 65_535

/** Zones that bridges have keep being theirs, or their connections would be forgotten; new bridges get the lowest free ones. */
export function zonesOf(bridges: readonly string[], { chains }: HeldRules, prefix: string): ReadonlyMap<string, number> {
  const before = new Map(
    (chains.get(`raw ${prefix}-PREROUTING`) ?? []).flatMap(rule => {
      const found = /^-i (\S+) -j CT --zone (\d+)$/.exec(rule)
      return found ? [[found[1] ?? '', Number(found[2])] as const] : []
    }),
  )
  const taken = new Set(bridges.flatMap(bridge => before.get(bridge) ?? []))
  let next = firstZone
  const free = () => {
    while (taken.has(next) && next < lastZone) next++
    taken.add(next)
    return next
  }
  return new Map([...bridges].sort().map(bridge => [bridge, before.get(bridge) ?? free()]))
}
