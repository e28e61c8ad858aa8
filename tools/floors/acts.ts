import { type Place, rooms } from './plan.ts'
import { lineCounter, type Source } from './source.ts'

/**
 * What a file may do. Time, chance and the outside are handed in, so that the whole cloud can run in one process on a virtual clock and
 * every failure can be replayed; one `Date.now()` in the middle breaks that for everybody.
 */
export interface Act {
  readonly line: number
  readonly complaint: string
}

const clock = 'time is handed in: take a Clock (platform/clock.ts)'
const chance = 'chance is handed in: take a Chance (platform/chance.ts)'

const outside: readonly (readonly [RegExp, string])[] = [
  [/(?<![\w$.])Date\.now\b/g, clock],
  [/(?<![\w$.])(?:new\s+)?Date\(\s*\)/g, clock],
  [/(?<![\w$.])performance\.\w+/g, clock],
  [/(?<![\w$.])(?:set|clear)(?:Timeout|Interval|Immediate)\b/g, `${clock}, which sleeps and calls back`],
  [/(?<![\w$.])AbortSignal\.timeout\b/g, `${clock} and use within()`],
  [/(?<![\w$.])systemClock\b/g, 'only the launcher knows the real clock; take the one that is handed in'],
  [/(?<![\w$.])Math\.random\b/g, chance],
  [/(?<![\w$])(?:randomUUID|randomBytes|randomInt|getRandomValues)\b/g, chance],
  [/(?<![\w$.])systemChance\b/g, 'only the launcher knows real chance; take the one that is handed in'],
  [/(?<![\w$.])process\s*[.[]/g, 'the process is the launcher’s; take options, a log and signals from main'],
  [/(?<![\w$.])globalThis\b/g, 'nothing is global; take it as an argument'],
  [/(?<![\w$.])fetch\s*\(/g, 'the network is handed in: write a client in clients/'],
]

/** Where the outside is somebody's business: the platform, drivers and assets, what starts us and what tests us. */
const mayGoOutside = (place: Place) => place.isTest || place.room === undefined || place.room === 'driver' || place.room === 'assets'

export function actsOf(place: Place, source: Source): readonly Act[] {
  const lineOf = lineCounter(source.code)
  const found = (patterns: typeof outside) =>
    patterns.flatMap(([pattern, complaint]) =>
      [...source.code.matchAll(pattern)].map(({ 0: what, index }) => ({ line: lineOf(index), complaint: `${what.trim()} — ${complaint}` })),
    )
  return [
    ...(mayGoOutside(place) ? [] : [...found(outside), ...machineImports(place, source)]),
    ...found(escapesFor(place)),
    ...silencers(place, source),
  ]
}

function machineImports(place: Place, { imports }: Source): readonly Act[] {
  const floor = place.room === undefined ? 0 : rooms[place.room].floor
  const isPure = floor === 0 || floor === 4
  return imports
    .filter(({ text, isTypeOnly }) => text.startsWith('node:') && (isPure || !isTypeOnly))
    .map(({ text, line }) => ({
      line,
      complaint: `${text} — ${isPure ? `floor ${floor} knows no machine, not even its types` : 'only types of the machine above the drivers'}; put the act into drivers/ and let main hand it in`,
    }))
}

/** `any` itself is biome's to find. A double cast is a door's last resort: the platform and drivers have doors. */
const escapesFor = (place: Place): typeof outside =>
  place.isTest || place.building === 'platform' || place.room === 'driver'
    ? []
    : [[/\bas\s+unknown\s+as\b/g, 'a cast by way of unknown hides a wrong type; parse at the door, or mend the type']]

/** Comments that switch a wall off. Fencing a table from the formatter is lawful. */
function silencers(place: Place, { comments }: Source): readonly Act[] {
  const words = place.isTest
    ? /@ts-(ignore|nocheck)|\b(eslint|oxlint)-disable/
    : /@ts-(ignore|nocheck|expect-error)|\b(eslint|oxlint)-disable|biome-ignore(?! format:)/
  return comments.flatMap(({ text, line }) => {
    const what = text.match(words)?.[0]
    return what === undefined
      ? []
      : [{ line, complaint: `${what} — there is no exception list; mend the code, or change the rule for all` }]
  })
}
