/** Things by what they have in common. */
export interface Grouped<T> {
  get(key: string): readonly T[] | undefined
}

export interface KeptGroup<T> extends Grouped<T> {
  /** Afterwards `after` is there in the place of `before`, where one or the other is anything at all; others stay in their order. */
  swap(before: T | undefined, after: T | undefined): void
}

/** Groups that are kept thing by thing: what comes or goes costs the same among hundreds of thousands as among ten. */
export function keptGroup<T extends { readonly id: string }>(keysOf: (thing: T) => readonly string[]): KeptGroup<T> {
  const byKey = new Map<string, Map<string, T>>()
  /** What was asked for since it changed last. */
  const asked = new Map<string, readonly T[]>()
  return {
    get(key) {
      const members = byKey.get(key)
      if (members === undefined) return undefined
      const list = asked.get(key) ?? [...members.values()]
      asked.set(key, list)
      return list
    },
    swap(before, after) {
      const [was, is] = [before ? keysOf(before) : [], after ? keysOf(after) : []]
      for (const key of was) if (before && !is.includes(key)) drop(key, before.id)
      for (const key of is) if (after) put(key, after)
    },
  }

  function put(key: string, thing: T): void {
    asked.delete(key)
    const members = byKey.get(key) ?? new Map<string, T>()
    byKey.set(key, members.set(thing.id, thing))
  }

  function drop(key: string, id: string): void {
    asked.delete(key)
    const members = byKey.get(key)
    members?.delete(id)
    if (members?.size === 0) byKey.delete(key)
  }
}
