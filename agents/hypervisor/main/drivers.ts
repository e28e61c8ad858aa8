import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import type { Values } from '@kilonova/platform/config/options.ts'
import type { Log } from '@kilonova/platform/log/log.ts'
import type { Plugin } from '@kilonova/platform/plugins/find.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { plainFacts } from '../contract/host.ts'
import type { Driver } from '../drivers/driver.ts'
import { openFakeDriver } from '../drivers/fake/open.ts'
import { cpuSet } from '../contract/wishes.ts'
import type { LibvirtOptions } from '../drivers/libvirt/libvirt-options.ts'
import { openLibvirtDriver } from '../drivers/libvirt/open.ts'
import type { hypervisorOptions } from '../options.ts'
import { openPluginDriver } from './plugin-driver.ts'

export type HypervisorSettings = Values<typeof hypervisorOptions>

export interface DriverWish {
  readonly host: string
  readonly hostIp: string
  readonly settings: HypervisorSettings
  readonly virtType: 'kvm' | 'qemu' | undefined
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
  /** Those that bring a driver. */
  readonly plugins?: readonly Plugin[]
}

export const isFake = ({ DEFAULT: { compute_driver: driver } }: HypervisorSettings): boolean => driver.startsWith('fake.')

/** The names of the hosts this process speaks for: this machine, or as many as a fake driver pretends. */
export function hostNames(host: string, settings: HypervisorSettings): readonly string[] {
  if (!isFake(settings) || settings.fake.hosts === 1) return [host]
  return Array.from({ length: settings.fake.hosts }, (_, at) => `${host}-${at + 1}`)
}

/** The driver that the configuration names. */
export async function openDriver({ host, hostIp, settings, virtType, clock, chance, log, plugins = [] }: DriverWish): Promise<Driver> {
  const name = settings.DEFAULT.compute_driver
  if (name === 'libvirt.LibvirtDriver') {
    const { connection_uri: uri } = settings.libvirt
    return openLibvirtDriver({ ...{ host, hostIp, clock, log, virtType, uri }, options: libvirtOptionsOf(settings) })
  }
  if (isFake(settings))
    return openFakeDriver({ host, clock, ...fakeSizeOf(settings), monitorsCpu: monitorsCpu(settings), writesFiles: true })
  const plugin = plugins.find(each => `plugin.${each.name}` === name)
  if (plugin) return openPluginDriver(plugin, { host, hostIp, clock, chance, log, Refusal, plainFacts })
  throw new Refusal(
    'invalid',
    `[DEFAULT] compute_driver = ${name} is neither libvirt.LibvirtDriver, fake.FakeDriver nor the name of a plug-in.`,
  )
}

function fakeSizeOf({ fake, DEFAULT }: HypervisorSettings): typeof large {
  const usual = fakeSizes[DEFAULT.compute_driver] ?? large
  return { vcpus: fake.vcpus ?? usual.vcpus, memoryMb: fake.memory_mb ?? usual.memoryMb, diskGb: fake.disk_gb ?? usual.diskGb }
}

const large = { vcpus: 1000, memoryMb: 800_000, diskGb: 600_000 }

const fakeSizes: Readonly<Record<string, typeof large>> = {
  'fake.SmallFakeDriver': { vcpus: 2, memoryMb: 8192, diskGb: 1028 },
  'fake.MediumFakeDriver': { vcpus: 10, memoryMb: 8192, diskGb: 1028 },
}

/** The one monitor that Nova ships, under either of its names. */
const monitorsCpu = ({ DEFAULT: { compute_monitors: monitors } }: HypervisorSettings): boolean => {
  const unknown = monitors.find(name => name !== 'cpu.virt_driver' && name !== 'virt_driver')
  if (unknown !== undefined)
    throw new Refusal('invalid', `[DEFAULT] compute_monitors: there is no monitor ${unknown}, only cpu.virt_driver.`)
  return monitors.length > 0
}

function libvirtOptionsOf(settings: HypervisorSettings): LibvirtOptions {
  const { DEFAULT, libvirt, vnc, serial_console: serial, compute, image_cache: cache } = settings
  const [firstPort, lastPort] = portRange(serial.port_range)
  return {
    instancesDir: DEFAULT.instances_path,
    vnc: { isOn: vnc.enabled, listen: vnc.server_listen, reachedAt: vnc.server_proxyclient_address },
    serial: { isOn: serial.enabled, listen: serial.proxyclient_address, firstPort, lastPort },
    cpuMode: libvirt.cpu_mode,
    cpuModels: libvirt.cpu_models,
    cpuFlags: libvirt.cpu_model_extra_flags,
    machineTypes: pairs(libvirt.hw_machine_type, '[libvirt] hw_machine_type'),
    cacheModes: pairs(libvirt.disk_cachemodes, '[libvirt] disk_cachemodes'),
    discard: libvirt.hw_disk_discard,
    rngPath: libvirt.rng_dev_path,
    memoryStatsPeriodS: libvirt.mem_stats_period_seconds,
    pciePorts: libvirt.num_pcie_ports,
    serialNumber: libvirt.sysinfo_serial === 'auto' ? 'os' : libvirt.sysinfo_serial,
    pointer: DEFAULT.pointer_model,
    driveFormat: DEFAULT.config_drive_format,
    ephemeralFormat: DEFAULT.default_ephemeral_format,
    monitorsCpu: monitorsCpu(settings),
    dedicatedCpus: cpusOf(compute.cpu_dedicated_set, '[compute] cpu_dedicated_set'),
    sharedCpus: cpusOf(compute.cpu_shared_set, '[compute] cpu_shared_set'),
    removesUnusedBases: cache.remove_unused_base_images,
    unusedBaseMinimumAgeMs: cache.remove_unused_original_minimum_age_seconds,
  }
}

const cpusOf = (set: string | undefined, name: string): number[] => (set === undefined ? [] : cpuSet(set, name))

function portRange(words: string): [number, number] {
  const [, first, last] = /^(\d{1,5}):(\d{1,5})$/.exec(words) ?? []
  if (first === undefined || Number(last) <= Number(first))
    throw new Refusal('invalid', `[serial_console] port_range = ${words} is no range such as 10000:20000.`)
  return [Number(first), Number(last)]
}

function pairs(words: readonly string[], name: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    words.map(word => {
      const [key, value] = word.split('=')
      if (!key || !value) throw new Refusal('invalid', `${name} = ${word} is not of the form name=value.`)
      return [key, value]
    }),
  )
}
