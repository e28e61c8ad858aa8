import type { Guest, GuestState, PowerState } from '../../contract/guest.ts'
import type { Power } from '../driver.ts'
import { type FakeDomain, type FakeMachine, stateOf } from './connection.ts'
import type { FakeDisks } from './disks.ts'
import type { FakeEvents } from './events.ts'
import type { Trial } from './faults.ts'
import type { FakeNics } from './nics.ts'

export interface FakeParts {
  readonly machine: FakeMachine
  readonly disks: FakeDisks
  readonly nics: FakeNics
  readonly events: FakeEvents
  readonly attempt: Trial
}

/** Sets a guest's power, and says so to the followers when that was news. */
export const turner =
  ({ machine, events }: Pick<FakeParts, 'machine' | 'events'>) =>
  (uuid: string, power: PowerState, what: string): GuestState => {
    const domain = machine.get(uuid)
    const was = domain.power
    domain.power = power
    if (was !== power) events.tell({ uuid, name: domain.name, what })
    return stateOf(domain)
  }

export function fakePower(parts: FakeParts): Power {
  const { machine, disks, nics, events, attempt } = parts
  const turn = turner(parts)

  const start = (domain: FakeDomain, what: string): GuestState => {
    domain.isSaved = false
    return turn(domain.uuid, 'running', what)
  }
  const stop = (uuid: string, what: string): GuestState => {
    const off = turn(uuid, 'shutdown', what)
    nics.unplug(uuid)
    return off
  }

  return {
    powerOn: guest =>
      attempt('powerOn', guest.uuid, () => {
        const known = machine.find(guest.uuid)
        if (known?.power === 'running') return stateOf(known)
        const domain = machine.define(told(guest))
        nics.plug(guest)
        disks.write(guest.uuid, bootLines(guest))
        return start(domain, 'started')
      }),
    define: guest => attempt('define', guest.uuid, () => stateOf(machine.define(told(guest)))),
    pressPower: async uuid => {
      turn(uuid, 'shutdown', 'shutdown')
    },
    powerOff: uuid => attempt('powerOff', uuid, () => stop(uuid, 'stopped')),
    pause: uuid => attempt('pause', uuid, () => turn(uuid, 'paused', 'suspended')),
    unpause: uuid => attempt('unpause', uuid, () => turn(uuid, 'running', 'resumed')),
    suspend: uuid =>
      attempt('suspend', uuid, () => {
        const domain = machine.get(uuid)
        if (domain.power === 'shutdown') return stateOf(domain)
        domain.isSaved = true
        return stop(uuid, 'stopped')
      }),
    resume: uuid =>
      attempt('resume', uuid, () => {
        const domain = machine.get(uuid)
        if (domain.power === 'running') return stateOf(domain)
        return domain.isSaved ? start(domain, 'started') : undefined
      }),
    forget: uuid =>
      attempt('forget', uuid, () => {
        const known = machine.find(uuid)
        nics.unplug(uuid)
        if (known) events.tell({ uuid, name: known.name, what: 'undefined' })
        return machine.remove(uuid)
      }),
  }
}

/** What a guest writes to its console while it starts. */
const bootLines = ({ displayName, vcpus, memoryMb, nics }: Guest): string =>
  [
    'Kilonova fake guest',
    `cpus: ${vcpus}`,
    `memory: ${memoryMb} MiB`,
    ...nics.map(({ macAddress }, at) => `eth${at}: ${macAddress}`),
    `${displayName} login: `,
  ].join('\n')

const told = ({ uuid, name, vcpus, memoryMb, configDrive, imageProperties = {} }: Guest) => ({
  ...{ uuid, name, vcpus, memoryMb },
  hasConfigDrive: configDrive !== undefined,
  hasAgent: /^(yes|true|1|on)$/i.test(imageProperties['hw_qemu_guest_agent'] ?? ''),
})
