import type { SetWish } from '../../../documents/filter/sets.ts'
import { cutSetOf } from '../../../documents/filter/tables.ts'
import type { Run } from '../run.ts'
import type { HeldRules } from './held.ts'
import { readSets, setLines } from './ipsets.ts'

/** Kept so long that whoever still sends has given up. */
const cutForS = 86_400

const families = [
  { version: 4, family: 'inet' },
  { version: 6, family: 'inet6' },
] as const

/** The sets of the kernel's that rules name: there before the rules are, and gone after them. */
export interface Sets {
  apply(wishes: readonly SetWish[], isThorough: boolean): Promise<number>
  /** Sets that rules of ours name are ours, whoever made them. */
  note(rules: HeldRules): void
  /** Removes ours but for these. */
  keepOnly(wishes: readonly SetWish[]): Promise<void>
  remove(): Promise<void>
}

export function setsOn(run: Run, prefix: string): Sets {
  let last: string | undefined
  const mine = new Set<string>()

  /** A set that another's rules use stays: the kernel refuses. */
  async function destroy(names: readonly string[]): Promise<void> {
    for (const name of names) {
      await run('ipset', ['destroy', name]).catch(() => undefined)
      mine.delete(name)
    }
  }

  return {
    apply: async (wishes, isThorough) => {
      const asked = JSON.stringify(wishes)
      if (asked === last && !isThorough) return 0
      last = undefined
      const there = readSets(await run('ipset', ['save']))
      const cuts = families
        .map(({ version, family }) => ({ name: cutSetOf(prefix, version), family }))
        .filter(({ name }) => !there.has(name))
        .map(({ name, family }) => `create ${name} hash:ip,port,ip family ${family} timeout ${cutForS}`)
      const lines = [...cuts, ...setLines(wishes, there)]
      if (lines.length > 0) await run('ipset', ['restore', '-exist'], { input: `${lines.join('\n')}\n` })
      last = asked
      for (const { name } of wishes) mine.add(name)
      return lines.length
    },
    note: ({ chains }) => {
      for (const rule of [...chains.values()].flat()) {
        const name = /--match-set (NIPv\S+) /.exec(rule)?.[1]
        if (name !== undefined) mine.add(name)
      }
    },
    keepOnly: async wishes => {
      const wanted = new Set(wishes.map(({ name }) => name))
      await destroy([...mine].filter(name => !wanted.has(name)))
    },
    remove: async () => {
      last = undefined
      await destroy([...mine, ...families.map(({ version }) => cutSetOf(prefix, version))])
    },
  }
}
