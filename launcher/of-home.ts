import { daemonNames, daemonsHere } from './daemons.ts'
import type { Host } from './host.ts'
import type { Places } from './places.ts'
import { findAllRunning, type RunningDoor } from './running.ts'
import type { Settings } from './settings.ts'

/** What runs from one home: in one process, or in several side by side. */
export interface OfHome {
  readonly isRunning: boolean
  readonly pids: readonly number[]
  /** The daemons that run; those that the configuration names, while none does. */
  readonly daemons: ReadonlySet<string>
  /** Whether the cloud has other daemons, which are elsewhere. */
  readonly isApart: boolean
  readonly doors: readonly RunningDoor[]
  /** What the processes have remarked, noted and let in, together. */
  readonly remarks: Readonly<Record<string, string>>
  readonly notes: Readonly<Record<string, string>>
  readonly plugins: Readonly<Record<string, string>>
}

/** Which daemons were named to `up` or `run` stands nowhere in the configuration: the processes themselves say it, as long as they run. */
export function ofHome({ host, places }: { readonly host: Host; readonly places: Places }, settings: Settings): OfHome {
  const all = findAllRunning(host, places).map(({ running }) => running)
  const { enabled_services } = settings.DEFAULT
  const whole = daemonsHere({ enabled_services }).map(({ name }) => name)
  const named = daemonsHere(settings.DEFAULT).map(({ name }) => name)
  const daemons = new Set(all.length === 0 ? named : all.flatMap(one => one.daemons ?? whole))
  const together = <T>(of: (one: (typeof all)[number]) => Readonly<Record<string, T>> | undefined): Readonly<Record<string, T>> =>
    Object.assign({}, ...all.map(one => of(one) ?? {}))
  return {
    isRunning: all.length > 0,
    pids: all.map(({ pid }) => pid),
    daemons,
    isApart: whole.some(name => !daemons.has(name)),
    doors: all.flatMap(({ doors }) => doors),
    remarks: together(({ remarks }) => remarks),
    notes: together(({ notes }) => notes),
    plugins: together(({ plugins }) => plugins),
  }
}

/** The settings of what runs from the home, as if the configuration had named it. */
export const settingsOfHome = (settings: Settings, { daemons, isApart }: OfHome): Settings =>
  isApart ? { ...settings, DEFAULT: { ...settings.DEFAULT, daemons: daemonNames.filter(name => daemons.has(name)) } } : settings

/** `nova-conductor, nova-scheduler`, in the order they are always named. */
export const namesOf = ({ daemons }: Pick<OfHome, 'daemons'>): string => daemonNames.filter(name => daemons.has(name)).join(', ')
