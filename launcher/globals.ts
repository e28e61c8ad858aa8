import { systemChance } from '@kilonova/platform/chance.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import { thisHost } from './host.ts'
import { type Places, placesOf } from './places.ts'

/** What every command is given. */
export interface Globals {
  readonly home: string | undefined
  readonly places: Places
  readonly flags: readonly string[]
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly host: typeof thisHost
  readonly clock: typeof systemClock
  readonly chance: typeof systemChance
  /** What was asked for: standard output. */
  print(line: string): void
  /** What happens meanwhile, and complaints: standard error. */
  say(line: string): void
}

export function rightsOf({ home = process.env['KILONOVA_HOME'], set = [] }: { home?: string; set?: readonly string[] }): Globals {
  return {
    home,
    places: placesOf({ home, isRoot: thisHost.isRoot }),
    flags: set,
    environment: process.env,
    host: thisHost,
    clock: systemClock,
    chance: systemChance,
    print: line => void process.stdout.write(`${line}\n`),
    say: line => void process.stderr.write(`${line}\n`),
  }
}
