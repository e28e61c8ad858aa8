import type { HostCell } from '../../../contract/host.ts'
import type { LibvirtOptions } from '../libvirt-options.ts'
import type { CpuPlaces } from './cpu-places.ts'

/** What of the host goes into a guest's domain. */
export interface Machine {
  readonly virtType: 'kvm' | 'qemu'
  /** The guest's directory: `/var/lib/nova/instances/<uuid>`. */
  readonly directory: string
  /** `none` where the file system can bypass the page cache, else `writeback`. */
  readonly cache: 'none' | 'writeback'
  /** Of this program: guests read it as their machine's version. */
  readonly version: string
  readonly options: LibvirtOptions
  readonly host: Abilities
  /** Where its processors and memory go; nothing, when anywhere will do. */
  readonly places?: CpuPlaces | undefined
  /** The file of its configuration drive, when it has one. */
  readonly drive?: string | undefined
  /** Ports its serial lines are served at, one a line, when they are served at all. */
  readonly serialPorts: readonly number[]
}

/** What the host can, as far as a guest may ask for it. */
export interface Abilities {
  readonly arch: string
  /** Names that QEMU knows, `pc` and `q35` among them; empty when it was not asked. */
  readonly machineTypes: ReadonlySet<string>
  readonly firmwares: readonly Firmware[]
  readonly cells: readonly HostCell[]
  /** Whether shares and limits of processor time can be set. */
  readonly limitsCpus: boolean
  readonly serial: { readonly os: string | undefined; readonly hardware: string | undefined }
}

/** A program for a guest's first moments, as QEMU's descriptors name it. */
export interface Firmware {
  readonly loader: string
  readonly nvramTemplate: string | undefined
  /** Patterns of machine types: `pc-q35-*`. */
  readonly machines: readonly string[]
  readonly isSecure: boolean
  readonly needsSmm: boolean
}

export const plainAbilities: Abilities = {
  arch: 'x86_64',
  machineTypes: new Set(),
  firmwares: [],
  cells: [],
  limitsCpus: true,
  serial: { os: undefined, hardware: undefined },
}
