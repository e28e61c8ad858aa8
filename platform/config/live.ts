import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import type { Config } from './config.ts'
import type { Declaration, Values } from './options.ts'
import type { Wanted } from './sources.ts'

export interface LiveWish<D extends Declaration> {
  /** Reads everything anew; refuses what is wrong. */
  readonly read: () => Config<D>
  /** Tells whether a file was written since: the same text, nobody has. */
  readonly stamp: () => string
  readonly clock: Pick<Clock, 'monotonic'>
  readonly log: { info(message: string, fields?: object): void; warn(message: string, fields?: object): void }
}

/** How long what was read counts as what is said. */
const patienceMs = 1_000

/**
 * Options that hold from the moment they are said, without a restart. Each change is logged with what it was before; one that is wrong is logged
 * and changes nothing. What is unchanged is the same object, so that what is built from it may be kept.
 */
export function liveConfig<D extends Declaration>({ read, stamp, clock, log }: LiveWish<D>): () => Values<D> {
  let seen = stamp()
  let now = read()
  let looked = clock.monotonic()
  return () => {
    if (clock.monotonic() - looked < patienceMs) return now.values
    looked = clock.monotonic()
    const fresh = stamp()
    if (fresh === seen) return now.values
    seen = fresh
    try {
      const next = read()
      const changes = changesBetween(now, next)
      if (changes.length === 0) return now.values
      now = next
      for (const change of changes) log.info(`the configuration changed: ${change}`)
    } catch (error) {
      log.warn('the configuration was changed, and is wrong: what it was before still holds', { error })
    }
    return now.values
  }
}

const changesBetween = (before: Pick<Config<Declaration>, 'shown'>, after: Pick<Config<Declaration>, 'shown'>): readonly string[] => {
  const old = new Map(before.shown.map(one => [one.name, one.value]))
  return after.shown.flatMap(({ name, value, place }) =>
    old.get(name) === value ? [] : [`${name} is ${value === '' ? 'unset' : value}, was ${old.get(name) || 'unset'} (${place})`],
  )
}

/** Another text as soon as one of these files is written, comes or goes. */
export function stampOf({ files = [], dirs = [] }: Pick<Wanted, 'files' | 'dirs'>): string {
  const plain = files.map(one => (typeof one === 'string' ? one : one.file))
  const within = dirs.flatMap(dir => namesIn(dir).map(name => join(dir, name)))
  return [...plain, ...within].map(stampOfFile).join('\n')
}

function stampOfFile(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false })
  return found ? `${file} ${found.mtimeMs} ${found.size} ${found.ino}` : file
}

function namesIn(dir: string): readonly string[] {
  try {
    return readdirSync(dir).filter(name => name.endsWith('.conf'))
  } catch {
    return []
  }
}
