import type { WiringTrouble } from '../../contract/messages.ts'
import type { Desired } from '../../documents/desired/desired.ts'

/**
 * Which namespaces are as they were wished, so that a change of one network does not cost a look into all others. Those that somebody changed
 * by hand are found when the whole is looked at.
 */
export interface Settled {
  /** Of these wishes, those that were fulfilled before. */
  among(desired: Desired): ReadonlySet<string>
  remember(desired: Desired, troubles: readonly WiringTrouble[]): void
}

export function settledNamespaces(): Settled {
  let fulfilled: ReadonlyMap<string, string> = new Map()
  return {
    among: desired => new Set([...wishesOf(desired)].filter(([name, { text }]) => fulfilled.get(name) === text).map(([name]) => name)),
    remember: (desired, troubles) => {
      const failed = new Set(troubles.map(({ subject }) => subject))
      const whole = [...wishesOf(desired)].filter(([, { subjects }]) => !subjects.some(subject => failed.has(subject)))
      fulfilled = new Map(whole.map(([name, { text }]) => [name, text]))
    },
  }
}

/** A namespace with the cables that lead into it. */
function wishesOf({ namespaces, cables }: Desired) {
  const into = Map.groupBy(cables, cable => cable.namespace)
  return new Map(
    namespaces.map(wish => {
      const mine = into.get(wish.name) ?? []
      return [wish.name, { text: JSON.stringify([wish, mine]), subjects: [wish.subject, ...mine.map(cable => cable.portId)] }]
    }),
  )
}

/** What is left to be seen to. */
export const without = (desired: Desired, settled: ReadonlySet<string>): Desired => ({
  ...desired,
  namespaces: desired.namespaces.filter(({ name }) => !settled.has(name)),
  cables: desired.cables.filter(({ namespace }) => !settled.has(namespace)),
})
