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
}

export function fakeLooking({ machine, disks, nics, events, attempt }: FakeParts, size: FakeSize): Looking {
  const facts = (): HostFacts => {
    const guests = machine.list().filter(each => each.power === 'running')
    const freeDiskGb = size.diskGb - disks.usedGb()
    return plainFacts({
      ...{ ...size, freeDiskGb, diskAvailableLeastGb: freeDiskGb, runningGuests: guests.length },
      memoryUsedMb: guests.reduce((sum, each) => sum + each.memoryMb, 0),
      traits: ['COMPUTE_NODE', 'COMPUTE_IMAGE_TYPE_QCOW2', 'COMPUTE_IMAGE_TYPE_RAW'],
    })
  }
  return {
    facts: async () => facts(),
    uptime: async () => null,
    listGuests: () => attempt('list', '', () => machine.list().map(stateOf)),
    findGuest: async uuid => {
      const found = machine.find(uuid)
      return found && stateOf(found)
    },
    diagnostics: async uuid => diagnosticsOf(machine.get(uuid), nics.of(uuid)),
    consoleLog: async (uuid, maxBytes) => disks.console(machine.get(uuid).uuid, maxBytes),
    follow: events.follow,
  }
}

const idle = { octets: 0, packets: 0, errors: 0, drops: 0 }

function diagnosticsOf(
  { vcpus, memoryMb, power, hasConfigDrive }: FakeDomain,
  nics: readonly { readonly tap: string; readonly macAddress: string }[],
): Diagnostics {
  return {
    ...{ driver: 'fake', hypervisor: 'fake', hypervisorOs: 'fake', hasConfigDrive },
    power: power === 'nostate' ? 'pending' : power,
    cpus: Array.from({ length: vcpus }, (_, id) => ({ id, timeNs: 0, utilisation: 0 })),
    nics: nics.map(({ tap, macAddress }) => ({ tap, macAddress, received: idle, sent: idle })),
    disks: [{ device: 'vda', readBytes: 0, readRequests: 0, writeBytes: 0, writeRequests: 0, errors: 0 }],
    memory: { maximumMb: memoryMb, usedMb: 0 },
    memoryCounts: {},
  }
}
