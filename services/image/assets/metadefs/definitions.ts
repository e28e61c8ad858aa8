import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export type Definition = Readonly<Record<string, unknown>>

/** Every catalog in a directory, one to a file, in the order of their names; without a directory, the usual ones. */
export const definitionsIn = (dir: string = import.meta.dirname): readonly Definition[] =>
  readdirSync(dir)
    .filter(name => name.endsWith('.json'))
    .sort()
    .map(name => read(join(dir, name)))

function read(file: string): Definition {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Definition
  } catch (cause) {
    throw new Error(`${file} is no catalog of metadata: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}
