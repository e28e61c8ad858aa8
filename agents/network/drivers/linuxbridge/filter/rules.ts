import type { PortWiring } from '../../../contract/wiring.ts'
import { tapOf } from '../../../contract/names.ts'
import { chainOf, type Version } from '../../../documents/filter/port-chains.ts'
import { type FilterWish, filterTables, removalText, restoreText, type Table, withShut } from '../../../documents/filter/tables.ts'
import { reasonOf, type Run } from '../run.ts'
import { differenceOf, heldAfter, type HeldRules, readHeld, sameRules } from './held.ts'

/** Ports that are kept shut, each with what kept its rules from being loaded. */
export type Shut = ReadonlyMap<string, string>

export interface Loaded {
  readonly changes: number
  readonly shut: Shut
  /** What went wrong and leaves no port open. */
  readonly trouble?: string
}

/** One version's rules. What was loaded is remembered, so that a change costs what changes; a thorough look asks the kernel. */
export interface Rules {
  readonly version: Version
  /** What the kernel holds; what it was last told, where that is enough. */
  held(isThorough: boolean): Promise<HeldRules>
  apply(wish: FilterWish, isThorough: boolean): Promise<Loaded>
  /** Takes all that is ours away. */
  remove(): Promise<number>
  differs(wish: FilterWish): Promise<boolean>
}

const tools = {
  4: { save: 'iptables-save', restore: 'iptables-restore' },
  6: { save: 'ip6tables-save', restore: 'ip6tables-restore' },
} as const

export function rulesOn(run: Run, prefix: string, version: Version): Rules {
  const { save, restore } = tools[version]
  let known: HeldRules | undefined
  /** The last that was known, also when it is in doubt by now: each table changes whole or not at all. */
  let remembered: HeldRules | undefined
  /** Chains that the kernel spells otherwise than we do: what was asked, and how it was told. */
  const echoes = new Map<string, { readonly asked: readonly string[]; readonly told: readonly string[] }>()

  const read = async () => {
    remembered = readHeld(await run(save, []), prefix)
    return remembered
  }
  const isSame = (wanted: readonly string[], there: readonly string[], chain: string) => {
    const echo = echoes.get(chain)
    return sameRules(wanted, there) || (echo !== undefined && sameRules(wanted, echo.asked) && sameRules(there, echo.told))
  }

  async function load(tables: readonly Table[]): Promise<number> {
    const before = known ?? (await read())
    const difference = differenceOf(tables, before, isSame)
    known = undefined
    if (!difference.isNone) await run(restore, ['--noflush'], { input: restoreText(difference.tables, difference, prefix) })
    known = heldAfter(tables)
    remembered = known
    return difference.isNone ? 0 : 1
  }

  async function noteEchoes(tables: readonly Table[]): Promise<void> {
    const told = await read()
    const asked = heldAfter(tables).chains
    echoes.clear()
    for (const [chain, rules] of asked) {
      const there = told.chains.get(chain)
      if (there && !sameRules(rules, there)) echoes.set(chain, { asked: rules, told: there })
    }
  }

  /** One rule that the kernel does not take keeps all from being loaded: whose it is is found out, and all others are let in. */
  async function loadWithout(tables: readonly Table[], suspects: readonly PortWiring[], why: string): Promise<Shut> {
    const reasons = new Map<string, string>()
    const shut = new Set(suspects.map(({ id }) => id))
    await load(withShut(tables, prefix, shut))
    const letIn = async (ports: readonly PortWiring[], failed?: string): Promise<void> => {
      const left = new Set([...shut].filter(id => !ports.some(port => port.id === id)))
      const reason = failed ?? (await load(withShut(tables, prefix, left)).then(() => undefined, reasonOf))
      if (reason === undefined) for (const { id } of ports) shut.delete(id)
      else if (ports.length === 1) for (const { id } of ports) reasons.set(id, reason)
      else for (const half of halves(ports)) await letIn(half)
    }
    await letIn(suspects, why)
    return reasons
  }

  async function apply(wish: FilterWish, isThorough: boolean): Promise<Loaded> {
    const tables = filterTables(wish, version)
    try {
      const changes = await load(tables)
      if (isThorough && changes > 0) await noteEchoes(tables)
      return { changes, shut: new Map() }
    } catch (error) {
      const why = reasonOf(error)
      const there = await read().catch(() => remembered)
      known = there
      const isGuarded = there ? guardedBy(heldAfter(tables), there) : () => false
      const suspects = wish.ports.filter(port => port.hasPortSecurity && !isGuarded(port))
      if (suspects.length === 0) return { changes: 0, shut: new Map(), trouble: why }
      const shut = await loadWithout(tables, suspects, why).catch(() => new Map(suspects.map(({ id }) => [id, why])))
      return { changes: 0, shut }
    }
  }

  /** Whether a port's own chains are as they are to be, and something leads to them. */
  function guardedBy(wanted: HeldRules, there: HeldRules): (port: PortWiring) => boolean {
    const isHooked = [...wanted.hooked].every(hook => there.hooked.has(hook))
    const shared = [...wanted.chains].filter(([chain]) => !/-[ios][0-9a-f]{8}-/.test(chain))
    return ({ id }) =>
      isHooked &&
      (['i', 'o', 's'] as const).every(direction => {
        const chain = `filter ${chainOf(prefix, direction, id)}`
        return isSame(wanted.chains.get(chain) ?? [], there.chains.get(chain) ?? [], chain)
      }) &&
      shared.every(([chain, rules]) =>
        rules.filter(rule => rule.includes(` ${tapOf(id)} `)).every(rule => there.chains.get(chain)?.includes(rule)),
      )
  }

  return {
    version,
    held: async isThorough => {
      if (isThorough || !known)
        known = await read().catch(error => {
          if (remembered) return remembered
          throw error
        })
      return known
    },
    apply,
    remove: async () => {
      const { chains, hooked } = await read()
      known = undefined
      echoes.clear()
      const text = removalText({ stale: [...chains.keys()], hooked: [...hooked] }, prefix)
      if (text !== '') await run(restore, ['--noflush'], { input: text })
      return text === '' ? 0 : 1
    },
    differs: async wish => !differenceOf(filterTables(wish, version), await read(), isSame).isNone,
  }
}

const halves = <T>(things: readonly T[]): readonly (readonly T[])[] => {
  const middle = Math.ceil(things.length / 2)
  return [things.slice(0, middle), things.slice(middle)]
}
