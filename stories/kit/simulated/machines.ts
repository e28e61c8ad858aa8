import { openFakeDriver } from '@kilonova/hypervisor/main.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import type { World } from '@kilonova/platform/simulation/simulation.ts'

export type Machine = ReturnType<typeof openFakeDriver>
type Fault = NonNullable<Parameters<typeof openFakeDriver>[0]['faults']>[number]

// biome-ignore format: a table: what may go wrong on a host
const mishaps: readonly Omit<Fault, 'nth'>[] = [
  { act: 'powerOn',      says: 'no memory left', kind: 'conflict' },
  { act: 'powerOn',      says: 'connection lost', afterwards: true },
  { act: 'powerOn',      says: 'the emulator cannot be started' },
  { act: 'ensureDisks',  says: 'No space left on device', kind: 'unavailable' },
  { act: 'ensureDisks',  says: 'the image is damaged' },
  { act: 'settleDisks',  says: 'the file system is read-only' },
  { act: 'ensureNics',   says: 'the bridge cannot be made' },
  { act: 'renewDisks',   says: 'No space left on device', kind: 'unavailable' },
  { act: 'keepDisks',    says: 'the directory is busy' },
  { act: 'copyKept',     says: 'No space left on device', kind: 'unavailable' },
  { act: 'copyKept',     says: 'the source does not answer', afterwards: true },
  { act: 'restoreKept',  says: 'connection lost', afterwards: true },
  { act: 'dropKept',     says: 'connection lost', afterwards: true },
  { act: 'snapshot',     says: 'No space left on device' },
  { act: 'define',       says: 'the hypervisor hangs', kind: 'unavailable' },
  { act: 'powerOff',     says: 'the hypervisor hangs', kind: 'unavailable' },
  { act: 'suspend',      says: 'the memory cannot be kept', kind: 'conflict' },
  { act: 'forget',       says: 'the hypervisor hangs', kind: 'unavailable' },
  { act: 'removeDisks',  says: 'the directory is busy' },
]

/** Acts take their time. */
const delaysMs = { ensureDisks: 800, powerOn: 1_500, forget: 3_000, removeDisks: 200, copyKept: 1_200, snapshot: 900 }

/** A machine whose acts take their time, and go wrong now and then: before they are done, or afterwards. */
export function machine(host: string, { clock, chance }: Pick<World, 'clock' | 'chance'>, faults: number): Machine {
  return openFakeDriver({ host, clock, delaysMs, faults: Array.from({ length: faults }, () => mishap(chance)), ...sizeOf(chance) })
}

function mishap(chance: Chance): Fault {
  const one = mishaps[Math.floor(chance.fraction() * mishaps.length)] as Omit<Fault, 'nth'>
  return { ...one, nth: 1 + Math.floor(chance.fraction() * 3) }
}

/** Most have room for whatever comes, some for one small guest or two: the last room on a host is what claims are fought over. */
function sizeOf(chance: Chance) {
  if (chance.fraction() < 0.6) return {}
  return { vcpus: 1, memoryMb: 1_024, diskGb: 30 }
}
