import type { Clock } from '@kilonova/platform/clock.ts'
import type { PowerState } from '../../contract/guest.ts'
import { type HostFacts, plainFacts } from '../../contract/host.ts'
import type { Driver } from '../driver.ts'
import { fakeMachine } from './connection.ts'
import { fakeDisks } from './disks.ts'
import { fakeEvents } from './events.ts'
import { type Delays, type Fault, trials } from './faults.ts'
import { fakeNics } from './nics.ts'

export interface FakeHost {
  readonly host: string
  readonly clock: Clock
  readonly vcpus?: number
  readonly memoryMb?: number
  readonly diskGb?: number
  readonly faults?: readonly Fault[]
  readonly delaysMs?: Delays
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
  const diskGb = options.diskGb ?? 1000
  const machine = fakeMachine()
  const disks = fakeDisks(diskGb)
  const nics = fakeNics()
  const events = fakeEvents()
  const attempt = trials(options.clock, options.faults ?? [], options.delaysMs ?? {})

  const turn = (uuid: string, power: PowerState, what: string) => {
    const before = machine.get(uuid)
    const after = machine.set(uuid, power)
    if (before.power !== power) events.tell({ uuid, name: after.name, what })
    return after
  }

  const facts = (): HostFacts =>
    plainFacts({
      ...{ host: options.host, vcpus: options.vcpus ?? 64, memoryMb: options.memoryMb ?? 262_144, diskGb },
      ...{ freeDiskGb: diskGb - disks.usedGb(), diskAvailableLeastGb: diskGb - disks.usedGb() },
      runningGuests: machine.list().filter(each => each.power === 'running').length,
    })

  return {
    kind: 'fake',
    facts: async () => facts(),
    listGuests: () => attempt('list', '', () => machine.list()),
    findGuest: async uuid => machine.find(uuid),
    ensureDisks: guest => attempt('ensureDisks', guest.uuid, () => disks.ensure(guest)),
    removeDisks: uuid => attempt('removeDisks', uuid, () => disks.remove(uuid)),
    ensureNics: guest => attempt('ensureNics', guest.uuid, () => nics.ensure(guest)),
    removeNics: async bridges => nics.remove(bridges),
    powerOn: guest =>
      attempt('powerOn', guest.uuid, () => {
        if (machine.find(guest.uuid)?.power === 'running') return machine.get(guest.uuid)
        const state = machine.start(guest.uuid, guest.name)
        nics.plug(guest)
        disks.write(guest.uuid, `Kilonova fake guest\n${guest.displayName} login: `)
        events.tell({ uuid: guest.uuid, name: guest.name, what: 'started' })
        return state
      }),
    pressPower: async uuid => {
      turn(uuid, 'shutdown', 'shutdown')
    },
    powerOff: uuid =>
      attempt('powerOff', uuid, () => {
        const off = turn(uuid, 'shutdown', 'stopped')
        nics.unplug(uuid)
        return off
      }),
    pause: async uuid => turn(uuid, 'paused', 'suspended'),
    unpause: async uuid => turn(uuid, 'running', 'resumed'),
    forget: uuid =>
      attempt('forget', uuid, () => {
        const known = machine.find(uuid)
        nics.unplug(uuid)
        if (known) events.tell({ uuid, name: known.name, what: 'undefined' })
        return machine.remove(uuid)
      }),
    consoleLog: async (uuid, maxBytes) => disks.console(machine.get(uuid).uuid, maxBytes),
    follow: events.follow,
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
