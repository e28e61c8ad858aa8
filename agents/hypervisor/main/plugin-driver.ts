import type { Chance } from '@kilonova/platform/chance.ts'
import { type Clock, within } from '@kilonova/platform/clock.ts'
import type { Log } from '@kilonova/platform/log/log.ts'
import type { Plugin } from '@kilonova/platform/plugins/find.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { HostFacts, plainFacts } from '../contract/host.ts'
import type { Driver } from '../drivers/driver.ts'

/** What a plug-in that runs guests is handed; it imports nothing of ours but types. */
export interface DriverWords {
  readonly host: string
  readonly hostIp: string
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
  readonly Refusal: typeof Refusal
  /** The facts of a machine without particulars, to begin with. */
  readonly plainFacts: (size: Parameters<typeof plainFacts>[0]) => HostFacts
}

/** Without these nobody can start a guest, see it and be rid of it. */
const must = ['facts', 'listGuests', 'findGuest', 'ensureDisks', 'removeDisks', 'powerOn', 'powerOff', 'forget'] as const

/** What a driver may leave to us, for it has nothing to say to it. */
const usual: Pick<
  Driver,
  | 'settleDisks'
  | 'removeRescue'
  | 'recoverKept'
  | 'listHalves'
  | 'listOwners'
  | 'removeLeftovers'
  | 'ensureNics'
  | 'removeNics'
  | 'uptime'
  | 'rest'
  | 'follow'
  | 'cacheImage'
  | 'close'
> = {
  settleDisks: async () => {},
  removeRescue: async () => {},
  recoverKept: async () => {},
  listHalves: async () => [],
  listOwners: async () => [],
  removeLeftovers: async () => {},
  ensureNics: async () => [],
  removeNics: async () => {},
  uptime: async () => null,
  rest: async () => {},
  follow: () => ({ stop: () => {} }),
  cacheImage: async () => {},
  close: async () => {},
}

/** How long a plug-in may take to open its driver. */
const deadlineMs = 10_000

/** A driver that somebody else wrote. What it does not offer is refused; one that lacks what every guest needs is not taken at all. */
export async function openPluginDriver(plugin: Plugin, words: DriverWords): Promise<Driver> {
  const late = () => new Refusal('invalid', `The plug-in ${plugin.name} did not open its driver within ${deadlineMs / 1000} s.`)
  const said = await within(words.clock, deadlineMs, ask(plugin, words), late)
  if (typeof said !== 'object' || said === null) throw unfit(plugin, 'its function returns no driver')
  const lacking = must.filter(name => typeof Reflect.get(said, name) !== 'function')
  if (lacking.length > 0) throw unfit(plugin, `its driver cannot ${lacking.join(', ')}`)
  return completed(plugin, said)
}

async function ask(plugin: Plugin, words: DriverWords): Promise<unknown> {
  const { extension } = await plugin.load()
  if (typeof extension !== 'function') throw unfit(plugin, 'it exports no function called extension')
  return extension(words)
}

const unfit = ({ name }: Plugin, why: string): Refusal => new Refusal('invalid', `The plug-in ${name} brings no driver: ${why}.`)

function completed({ name }: Plugin, driver: object): Driver {
  const offer = (word: string | symbol): unknown => {
    const own: unknown = Reflect.get(driver, word)
    if (own !== undefined) return typeof own === 'function' ? own.bind(driver) : own
    if (word === 'kind') return name
    if (Object.hasOwn(usual, word)) return Reflect.get(usual, word)
    // A promise would be awaited by whoever is handed this driver; nothing else begins with a name of ours.
    if (typeof word === 'symbol' || word === 'then') return undefined
    return () => Promise.reject(new Refusal('conflict', `The hypervisor ${name} does not offer this (${word}).`))
  }
  return new Proxy(driver as Driver, { get: (_, word) => offer(word) })
}
