import { noAgent, type Plugging } from '../driver.ts'
import type { FakeParts } from './power.ts'

/** What is plugged into pretended guests: cables, and volumes by their ids. */
export function fakePlugging({ machine, nics, attempt }: FakeParts): Plugging {
  const volumes = new Map<string, Set<string>>()
  const of = (uuid: string): Set<string> => {
    const found = volumes.get(machine.get(uuid).uuid) ?? new Set()
    volumes.set(uuid, found)
    return found
  }
  return {
    attachNic: ({ uuid }, nic) => attempt('attachNic', uuid, () => nics.add(machine.get(uuid).uuid, nic)),
    detachNic: (uuid, macAddress) => attempt('detachNic', uuid, () => nics.pull(machine.get(uuid).uuid, macAddress)),
    attachVolume: ({ uuid }, { volumeId }) => attempt('attachVolume', uuid, () => void of(uuid).add(volumeId)),
    detachVolume: (uuid, volumeId) => attempt('detachVolume', uuid, () => of(uuid).delete(volumeId)),
    extendVolume: async uuid => void machine.get(uuid),
    setPassword: uuid =>
      attempt('setPassword', uuid, () => {
        if (!machine.get(uuid).hasAgent) throw noAgent()
      }),
    injectNmi: uuid => attempt('injectNmi', uuid, () => void machine.get(uuid)),
  }
}
