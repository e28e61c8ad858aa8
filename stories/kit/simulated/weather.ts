import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'

/** When a neighbour of compute cannot be reached, for a while each time. */
export type Spells = readonly { readonly fromMs: number; readonly toMs: number }[]

export const spells = (chance: Chance, stormMs: number): Spells =>
  Array.from({ length: Math.floor(chance.fraction() * 3) }, () => {
    const fromMs = chance.fraction() * stormMs
    return { fromMs, toMs: fromMs + chance.fraction() ** 2 * 90_000 }
  })

/** A neighbour that refuses everything while it is away. */
export function sometimesAway<Thing extends object>(thing: Thing, name: string, away: Spells, clock: Pick<Clock, 'monotonic'>): Thing {
  const isAway = () => away.some(({ fromMs, toMs }) => fromMs <= clock.monotonic() && clock.monotonic() < toMs)
  return new Proxy(thing, {
    get(target, member) {
      const found: unknown = Reflect.get(target, member)
      if (typeof found !== 'function') return found
      return async (...all: unknown[]) => {
        if (isAway()) throw new Refusal('unavailable', `${name} is away.`)
        return Reflect.apply(found, target, all) as unknown
      }
    },
  })
}
