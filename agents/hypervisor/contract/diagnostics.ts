/** How a guest fares, as its hypervisor counts it since it was turned on. What a hypervisor does not count is null. */
export interface Diagnostics {
  /** In Nova’s words, of which a pretended machine has none of its own: it says what it pretends to be. */
  readonly driver: 'libvirt' | 'vmwareapi' | 'hyperv' | 'ironic'
  /** `kvm` or `qemu`. */
  readonly hypervisor: string
  readonly hypervisorOs: string
  readonly power: 'pending' | 'running' | 'paused' | 'shutdown' | 'crashed' | 'suspended'
  readonly hasConfigDrive: boolean
  readonly cpus: readonly CpuDiagnostics[]
  readonly nics: readonly NicDiagnostics[]
  readonly disks: readonly DiskDiagnostics[]
  readonly memory: { readonly maximumMb: number; readonly usedMb: number }
  /** The guest's own words about its memory by libvirt's names (`actual`, `available`, `unused`, `swap_in`, `rss`, ...), in KiB or counts. */
  readonly memoryCounts: Readonly<Record<string, number>>
}

export interface CpuDiagnostics {
  readonly id: number
  readonly timeNs: number
  /** Percent of one processor; null when it is not measured. */
  readonly utilisation: number | null
}

export interface NicDiagnostics {
  /** The host's end: `tap6a790b22-29`. */
  readonly tap: string
  readonly macAddress: string
  readonly received: Traffic
  readonly sent: Traffic
}

export interface Traffic {
  readonly octets: number
  readonly packets: number
  readonly errors: number
  readonly drops: number
}

export interface DiskDiagnostics {
  /** `vda`. */
  readonly device: string
  readonly readBytes: number
  readonly readRequests: number
  readonly writeBytes: number
  readonly writeRequests: number
  readonly errors: number | null
}
