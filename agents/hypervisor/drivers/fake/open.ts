import type { Clock } from '@kilonova/platform/clock.ts'
import type { PowerState } from '../../contract/guest.ts'
import type { Driver } from '../driver.ts'
import { fakeMachine } from './connection.ts'
import { fakeDisks } from './disks.ts'
import { fakeEvents } from './events.ts'
import { type Delays, type Fault, trials } from './faults.ts'
import { fakeFiles } from './files.ts'
import { fakeLooking } from './looking.ts'
import { fakeNics } from './nics.ts'
import { fakePlugging } from './plugging.ts'
import { type FakeParts, fakePower, turner } from './power.ts'

export interface FakeHost {
  readonly host: string
  readonly clock: Clock
  readonly vcpus?: number
  readonly memoryMb?: number
  readonly diskGb?: number
  readonly monitorsCpu?: boolean
  readonly faults?: readonly Fault[]
  readonly delaysMs?: Delays
  /** Whether a snapshot that shall be a file becomes one; otherwise nothing outside of memory is touched. */
  readonly writesFiles?: boolean
}

/** A pretended machine's driver, and the doors through which a story looks at it and plays tricks on it. */
export interface FakeDriver extends Driver {
  readonly kind: 'fake'
  /** What a guest does by itself: shuts down, crashes. */
  happen(uuid: string, power: PowerState): void
  /** Everything that is there, to see that nothing was left behind. */
  leftovers(): { domains: string[]; directories: string[]; bridges: string[]; bases: string[] }
}

/** A machine that exists only in memory. Thousands of them fit into one program. */
export function openFakeDriver(options: FakeHost): FakeDriver {
  const { host, vcpus = 64, memoryMb = 262_144, diskGb = 1000 } = options
  const attempt = trials(options.clock, options.faults ?? [], options.delaysMs ?? {})
  const parts: FakeParts = { machine: fakeMachine(), disks: fakeDisks(diskGb), nics: fakeNics(), events: fakeEvents(), attempt }
  const { machine, disks, nics } = parts
  const turn = turner(parts)

  return {
    kind: 'fake',
    ...fakeLooking(parts, options.clock, { host, vcpus, memoryMb, diskGb, monitorsCpu: options.monitorsCpu }),
    ...fakeFiles(parts, host, options.writesFiles ?? false),
    ...fakePower(parts),
    ...fakePlugging(parts),
    ensureNics: guest => attempt('ensureNics', guest.uuid, () => nics.ensure(guest)),
    removeNics: async bridges => nics.remove(bridges),
    close: async () => {},
    happen: (uuid, power) => {
      turn(uuid, power, power)
    },
    leftovers: () => ({
      domains: machine.list().map(each => each.name),
      directories: disks.directories(),
      bridges: nics.bridges(),
      bases: disks.bases(),
    }),
  }
}
