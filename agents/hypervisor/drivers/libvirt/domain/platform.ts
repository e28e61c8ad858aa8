import { Refusal } from '@kilonova/platform/refusal.ts'
import { deviceNames } from '../../../contract/devices.ts'
import type { Guest } from '../../../contract/guest.ts'
import { type Element, element } from '../xml.ts'
import type { Firmware, Machine } from './machine.ts'
import { hidesHypervisor } from './processor.ts'
import { isYes, oneOf, type Wishes } from '../../../contract/wishes.ts'

/** `pc` unless the image or the host's configuration says otherwise. */
export function machineTypeOf(wishes: Wishes, { options, host }: Machine): string {
  const wish = wishes.property('hw_machine_type') ?? options.machineTypes[host.arch] ?? 'pc'
  if (host.machineTypes.size > 0 && !host.machineTypes.has(wish))
    throw new Refusal('invalid', `Machine type ${wish} is not known to this host's hypervisor.`)
  return wish
}

export const isQ35 = (machineType: string): boolean => machineType.includes('q35')

/** What the guest starts with: its machine, its firmware, and from which disk unless a disk says so itself. */
export function startup(guest: Guest, wishes: Wishes, machine: Machine, bootsFromFirstDisk: boolean): Element {
  const arch = wishes.property('hw_emulation_architecture') ?? wishes.property('hw_architecture') ?? machine.host.arch
  if (arch !== machine.host.arch) throw new Refusal('invalid', `Architecture ${arch} is not supported on this host.`)
  const machineType = machineTypeOf(wishes, machine)
  const firmware = firmwareOf(wishes, machine, machineType)
  return element('os', {}, [
    element('type', { arch, machine: machineType }, ['hvm']),
    firmware && element('loader', { readonly: 'yes', secure: firmware.isSecure ? 'yes' : undefined, type: 'pflash' }, [firmware.loader]),
    firmware?.nvramTemplate !== undefined && element('nvram', { template: firmware.nvramTemplate }),
    ...kernel(guest, wishes, machine),
    bootsFromFirstDisk && element('boot', { dev: 'hd' }),
    isYes(wishes.either('hw_boot_menu', 'hw:boot_menu')) && element('bootmenu', { enable: 'yes' }),
    element('smbios', { mode: 'sysinfo' }),
  ])
}

/** Of an image without a boot loader. While it is rescued the rescue disk starts itself. */
function kernel(guest: Guest, wishes: Wishes, { directory, virtType }: Machine): Element[] {
  if (!guest.kernel || guest.rescueImage) return []
  const usual = `root=/dev/${deviceNames(guest).root} console=tty0 console=ttyS0 console=hvc0${virtType === 'qemu' ? ' no_timer_check' : ''}`
  return [
    element('kernel', {}, [`${directory}/kernel`]),
    ...(guest.kernel.ramdisk ? [element('initrd', {}, [`${directory}/ramdisk`])] : []),
    element('cmdline', {}, [wishes.property('os_command_line') ?? usual]),
  ]
}

function firmwareOf(wishes: Wishes, { host }: Machine, machineType: string): Firmware | undefined {
  if (oneOf(wishes.property('hw_firmware_type'), ['bios', 'uefi'], 'hw_firmware_type') !== 'uefi') return undefined
  const secure =
    oneOf(wishes.either('os_secure_boot', 'os:secure_boot'), ['disabled', 'optional', 'required'], 'os_secure_boot') ?? 'disabled'
  const fitting = host.firmwares.filter(each => each.machines.some(pattern => fits(pattern, machineType)))
  const signed = fitting.find(each => each.isSecure)
  const plain = fitting.find(each => !each.isSecure)
  if (secure === 'required' && !signed) throw new Refusal('conflict', 'Secure Boot is not supported by host')
  const found = secure === 'disabled' ? plain : (signed ?? plain)
  if (!found) throw new Refusal('conflict', `UEFI is not supported: this host has no firmware for ${machineType} (package ovmf).`)
  return found
}

/** `pc-q35-*` fits `q35`, which is the newest of them. */
function fits(pattern: string, machineType: string): boolean {
  const full = /^(q35|pc)$/.test(machineType) ? (machineType === 'q35' ? 'pc-q35-0' : 'pc-i440fx-0') : machineType
  return new RegExp(`^${pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`).test(full)
}

export const needsSmm = (wishes: Wishes, machine: Machine): boolean =>
  firmwareOf(wishes, machine, machineTypeOf(wishes, machine))?.needsSmm ?? false

/** What the guest reads about its maker in SMBIOS. Guests and cloud-init recognise an OpenStack by these words. */
export function identity({ uuid }: Guest, { version, options, host }: Machine): Element {
  const serial = { unique: uuid, os: host.serial.os, hardware: host.serial.hardware, none: undefined }[options.serialNumber]
  const words = { manufacturer: 'OpenStack Foundation', product: 'OpenStack Nova', version, serial, uuid, family: 'Virtual Machine' }
  const entries = Object.entries(words).map(([name, value]) => value !== undefined && element('entry', { name }, [value]))
  return element('sysinfo', { type: 'smbios' }, [element('system', {}, entries)])
}

const isWindows = (wishes: Wishes): boolean => wishes.property('os_type') === 'windows'

export function features(wishes: Wishes, machine: Machine): Element {
  const isHidden = hidesHypervisor(wishes)
  const pmu = wishes.either('hw_pmu', 'hw:pmu')
  return element('features', {}, [
    element('acpi'),
    element('apic'),
    isWindows(wishes) && machine.virtType === 'kvm' && hyperV(isHidden),
    element('vmcoreinfo', { state: 'on' }),
    isHidden && element('kvm', {}, [element('hidden', { state: 'on' })]),
    pmu !== undefined && element('pmu', { state: isYes(pmu) ? 'on' : 'off' }),
    needsSmm(wishes, machine) && element('smm', { state: 'on' }),
  ])
}

/** Doors of Microsoft's own hypervisor, which its guests look for. Only a processor that helps to run guests has them. */
const hyperV = (isHidden: boolean): Element =>
  element('hyperv', {}, [
    element('relaxed', { state: 'on' }),
    element('vapic', { state: 'on' }),
    element('spinlocks', { state: 'on', retries: 8191 }),
    element('vpindex', { state: 'on' }),
    element('runtime', { state: 'on' }),
    element('synic', { state: 'on' }),
    element('reset', { state: 'on' }),
    isHidden && element('vendor_id', { state: 'on', value: '1234567890ab' }),
  ])

/** Guests of Microsoft's take the machine's clock for local time. Helped by the processor, a guest may miss ticks and must catch up. */
export function clock(wishes: Wishes, { virtType }: Machine): Element {
  const timers = [
    element('timer', { name: 'pit', tickpolicy: 'delay' }),
    element('timer', { name: 'rtc', tickpolicy: 'catchup' }),
    element('timer', { name: 'hpet', present: isYes(wishes.property('hw_time_hpet')) ? 'yes' : 'no' }),
    isWindows(wishes) && element('timer', { name: 'hypervclock', present: 'yes' }),
  ]
  return element('clock', { offset: isWindows(wishes) ? 'localtime' : 'utc' }, virtType === 'kvm' ? timers : [])
}
