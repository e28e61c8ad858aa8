import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Guest } from '../../../contract/guest.ts'
import { element, writeXml } from '../xml.ts'
import { devices } from './devices.ts'
import { diskPlan } from './disks.ts'
import type { Machine } from './machine.ts'
import { nicXml } from './nics.ts'
import { originXml } from './origin.ts'
import { clock, features, identity, startup } from './platform.ts'
import { placement, processor } from './processor.ts'
import { isYes, type Wishes, wishesOf } from '../../../contract/wishes.ts'

/** A guest as libvirt wants to be told of it. The same guest on the same machine gives the same text, always. */
export function domainXml(guest: Guest, machine: Machine): string {
  const wishes = wishesOf(guest)
  refuseTheUnbuilt(wishes)
  const disks = diskPlan(guest, wishes, machine)
  return writeXml(
    element('domain', { type: machine.virtType }, [
      element('uuid', {}, [guest.uuid]),
      element('name', {}, [guest.name]),
      element('memory', { unit: 'KiB' }, [`${guest.memoryMb * 1024}`]),
      ...placement(guest, wishes, machine),
      element('metadata', {}, [originXml(guest, machine)]),
      identity(guest, machine),
      startup(guest, wishes, machine, disks.bootsFromFirstDisk),
      features(wishes, machine),
      processor(guest, wishes, machine),
      clock(wishes, machine),
      element('devices', {}, [
        ...disks.elements,
        ...guest.nics.map(nic => nicXml(nic, guest, wishes, machine)),
        ...devices(guest, wishes, machine),
      ]),
    ]),
  )
}

/** Hardware that a guest would count on and not find. Better no guest than one that believes itself protected. */
function refuseTheUnbuilt(wishes: Wishes): void {
  const asked: readonly (readonly [string, string | undefined])[] = [
    ['an emulated TPM', wishes.either('hw_tpm_version', 'hw:tpm_version')],
    ['devices of the host', wishes.spec('pci_passthrough:alias')],
    ['persistent memory', wishes.spec('hw:pmem')],
    ['an emulated IOMMU', wishes.either('hw_viommu_model', 'hw:viommu_model')],
  ]
  for (const [what, wish] of asked) if (wish !== undefined) throw new Refusal('conflict', `This hypervisor offers no guest ${what}.`)
  if (isYes(wishes.either('hw_mem_encryption', 'hw:mem_encryption')))
    throw new Refusal('conflict', 'This hypervisor offers no guest encrypted memory.')
  if (isYes(wishes.spec('hw:cpu_realtime'))) throw new Refusal('conflict', 'This hypervisor offers no guest real-time processors.')
}
