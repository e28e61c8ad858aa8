import type { Clock } from '@kilonova/platform/clock.ts'
import { cpuMetrics } from '../../contract/cpu-metrics.ts'
import type { Diagnostics } from '../../contract/diagnostics.ts'
import { type HostFacts, plainFacts } from '../../contract/host.ts'
import type { Looking } from '../driver.ts'
import { type FakeDomain, stateOf } from './connection.ts'
import type { FakeParts } from './power.ts'

export interface FakeSize {
  readonly host: string
  readonly vcpus: number
  readonly memoryMb: number
  readonly diskGb: number
  /** Whether it pretends to look at its processors. */
  readonly monitorsCpu?: boolean | undefined
}

/** A machine that has had little to do since it was started. */
const times = {
  user: 26_728_850_000_000,
  kernel: 5_664_160_000_000,
  idle: 1_592_705_190_000_000,
  iowait: 6_121_490_000_000,
  frequency: 800,
}

export function fakeLooking(
  { machine, disks, nics, events, attempt }: FakeParts,
  clock: Pick<Clock, 'now' | 'monotonic'>,
  { monitorsCpu, ...size }: FakeSize,
): Looking {
  const lasting = plainFacts({ ...size, traits: ['COMPUTE_NODE', 'COMPUTE_IMAGE_TYPE_QCOW2', 'COMPUTE_IMAGE_TYPE_RAW'] })
  const facts = (): HostFacts => {
    const guests = machine.list().filter(each => each.power === 'running')
    const freeDiskGb = size.diskGb - disks.usedGb()
    return {
      ...{ ...lasting, freeDiskGb, diskAvailableLeastGb: freeDiskGb, runningGuests: guests.length },
      memoryUsedMb: guests.reduce((sum, each) => sum + each.memoryMb, 0),
      ...(monitorsCpu ? { metrics: cpuMetrics(times) } : {}),
    }
  }
  const began = clock.monotonic()
  return {
    facts: async () => facts(),
    uptime: async () => uptimeOf(clock.now(), clock.monotonic() - began),
    listGuests: () => attempt('list', '', () => machine.list().map(stateOf)),
    findGuest: async uuid => {
      const found = machine.find(uuid)
      return found && stateOf(found)
    },
    diagnostics: async uuid => diagnosticsOf(machine.get(uuid), nics.of(uuid)),
    consoleLog: async (uuid, maxBytes) => disks.console(machine.get(uuid).uuid, maxBytes),
    rest: async () => {}, // What was begun here ends with whoever began it.
    follow: events.follow,
  }
}

/** As a machine prints it that began with its agent and has nothing to carry. */
export function uptimeOf(now: number, ms: number): string {
  const minutes = Math.floor(ms / 60_000)
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60), minutes % 60]
  const time = hours > 0 ? `${hours}:${String(rest).padStart(2, '0')}` : `${rest} min`
  const since = days === 0 ? time : `${days} ${days === 1 ? 'day' : 'days'}, ${time}`
  return ` ${new Date(now).toISOString().slice(11, 19)} up ${since},  0 users,  load average: 0.00, 0.00, 0.00`
}

const idle = { octets: 0, packets: 0, errors: 0, drops: 0 }

function diagnosticsOf(
  { vcpus, memoryMb, power, hasConfigDrive }: FakeDomain,
  nics: readonly { readonly tap: string; readonly macAddress: string }[],
): Diagnostics {
  return {
    ...{ driver: 'libvirt', hypervisor: 'qemu', hypervisorOs: 'linux', hasConfigDrive },
    power: power === 'nostate' ? 'pending' : power,
    cpus: Array.from({ length: vcpus }, (_, id) => ({ id, timeNs: 0, utilisation: 0 })),
    nics: nics.map(({ tap, macAddress }) => ({ tap, macAddress, received: idle, sent: idle })),
    disks: [{ device: 'vda', readBytes: 0, readRequests: 0, writeBytes: 0, writeRequests: 0, errors: 0 }],
    memory: { maximumMb: memoryMb, usedMb: 0 },
    memoryCounts: {},
  }
}
