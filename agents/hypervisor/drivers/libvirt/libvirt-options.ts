/** What an operator may say about guests of libvirt, read from the options of Nova's names. */
export interface LibvirtOptions {
  readonly instancesDir: string
  readonly vnc: { readonly isOn: boolean; readonly listen: string; readonly reachedAt: string }
  readonly serial: { readonly isOn: boolean; readonly listen: string; readonly firstPort: number; readonly lastPort: number }
  readonly cpuMode: 'host-model' | 'host-passthrough' | 'custom' | 'none' | undefined
  readonly cpuModels: readonly string[]
  /** `+pcid`, `-mtrr`; without a sign it is wanted. */
  readonly cpuFlags: readonly string[]
  /** By architecture: `x86_64=q35`. */
  readonly machineTypes: Readonly<Record<string, string>>
  /** By the kind of a disk's source: `file=writeback`, `block=none`. */
  readonly cacheModes: Readonly<Record<string, string>>
  readonly discard: 'unmap' | 'ignore' | undefined
  readonly rngPath: string | undefined
  readonly memoryStatsPeriodS: number
  readonly pciePorts: number
  readonly serialNumber: 'unique' | 'os' | 'hardware' | 'none'
  readonly pointer: 'usbtablet' | 'ps2mouse' | undefined
  readonly driveFormat: 'iso9660' | 'vfat'
  readonly ephemeralFormat: 'ext2' | 'ext3' | 'ext4' | 'xfs' | 'vfat' | undefined
  /** Whether the host tells how busy its processors are. */
  readonly monitorsCpu: boolean
  readonly dedicatedCpus: readonly number[]
  readonly sharedCpus: readonly number[]
  readonly removesUnusedBases: boolean
  readonly unusedBaseMinimumAgeMs: number
}

export const usualOptions: LibvirtOptions = {
  instancesDir: '/var/lib/nova/instances',
  vnc: { isOn: true, listen: '127.0.0.1', reachedAt: '127.0.0.1' },
  serial: { isOn: false, listen: '127.0.0.1', firstPort: 10_000, lastPort: 20_000 },
  cpuMode: undefined,
  cpuModels: [],
  cpuFlags: [],
  machineTypes: {},
  cacheModes: {},
  discard: 'unmap',
  rngPath: '/dev/urandom',
  memoryStatsPeriodS: 10,
  pciePorts: 0,
  serialNumber: 'unique',
  pointer: 'usbtablet',
  driveFormat: 'iso9660',
  ephemeralFormat: undefined,
  monitorsCpu: false,
  dedicatedCpus: [],
  sharedCpus: [],
  removesUnusedBases: true,
  unusedBaseMinimumAgeMs: 86_400_000,
}
