import type { Clock } from './clock.ts'

/**
 * Work for single things that costs little more for many: what comes within `ms` is seen to in one go, `most` at a time. Each caller hears what
 * became of the go its own thing was in. Of things with the same key the last one counts.
 */
export function together<Thing>(
  clock: Pick<Clock, 'after'>,
  { ms, most, keyOf }: { readonly ms: number; readonly most: number; readonly keyOf: (thing: Thing) => string },
  work: (things: readonly Thing[]) => Promise<unknown>,
): (thing: Thing) => Promise<void> {
  let waiting = new Map<string, Thing>()
  let next: Promise<void> | undefined

  const go = async () => {
    const things = [...waiting.values()]
    waiting = new Map()
    next = undefined
    for (let at = 0; at < things.length; at += most) await work(things.slice(at, at + most))
  }

  return thing => {
    waiting.delete(keyOf(thing))
    waiting.set(keyOf(thing), thing)
    next ??= new Promise((resolve, reject) => clock.after(ms, () => void go().then(resolve, reject)))
    return next
  }
}
