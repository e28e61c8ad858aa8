import type { Chance } from '@kilonova/platform/chance.ts'
import { happens, pick } from './odd-values.ts'

/**
 * The ids of things the fuzzer made itself, by what they are: `user`, `role`. What is not its own it does not name, so that it does not saw
 * off the branch it sits on.
 */
export interface Found {
  remember(answer: unknown): void
  /** An id that may stand where `name` is asked for (`user_id`, `implied_role_id`), if there is one; now and then one of another kind. */
  for(name: string, chance: Chance): string | undefined
}

const mostOfAKind = 50

export function found(): Found {
  const byKind = new Map<string, string[]>()
  const keep = (kind: string, thing: unknown) => {
    const id = typeof thing === 'object' && thing !== null ? (thing as { id?: unknown }).id : undefined
    if (typeof id !== 'string' || id === '') return
    const ids = byKind.get(kind) ?? []
    byKind.set(kind, [...ids, id].slice(-mostOfAKind))
  }
  return {
    remember(answer) {
      if (typeof answer !== 'object' || answer === null) return
      keep('', answer)
      for (const [root, inner] of Object.entries(answer))
        for (const thing of [inner].flat()) keep(Array.isArray(inner) ? root.replace(/ies$/, 'y').replace(/s$/, '') : root, thing)
    },
    for(name, chance) {
      const kinds = [...byKind.keys()]
      if (kinds.length === 0) return undefined
      const fitting = kinds.filter(kind => kind !== '' && name.replace(/_?id$/, '').endsWith(kind))
      const longest = fitting.toSorted((a, b) => b.length - a.length)[0]
      const kind = longest !== undefined && !happens(chance, 0.1) ? longest : pick(chance, kinds)
      return pick(chance, byKind.get(kind) ?? [])
    },
  }
}
