/** What one host has for guests, as its hypervisor sees it. */
export interface HostFacts {
  readonly host: string
  /** The hypervisor's own name for the machine: its full name where it has one. */
  readonly nodeName: string
  /** The address other hosts reach it by. */
  readonly hostIp: string
  /** `QEMU` or `fake`, as the hypervisor list shows it. */
  readonly hypervisorType: string
  /** 7002015 for 7.2.15: major * 1,000,000 + minor * 1,000 + release. */
  readonly hypervisorVersion: number
  /** How guests run: `kvm` with the processor's help, `qemu` without. */
  readonly virtType: 'kvm' | 'qemu' | 'fake'
  readonly arch: string
  readonly vcpus: number
  readonly memoryMb: number
  /** What the machine uses of its memory, guests and everything else. */
  readonly memoryUsedMb: number
  readonly diskGb: number
  readonly freeDiskGb: number
  /** What is left when every guest's disk has grown to its full size. May be negative. */
  readonly diskAvailableLeastGb: number
  /** Guests that run, of this cloud or another. */
  readonly runningGuests: number
  readonly cpu: HostCpu
  /** Groups of processors with memory of their own. A machine without such groups is one. */
  readonly cells: readonly HostCell[]
  /** What can run here: architecture, kind of hypervisor, mode. */
  readonly supported: readonly (readonly [arch: string, hypervisor: string, mode: string])[]
  /** The processors that guests with ones of their own get, when the configuration names some. */
  readonly dedicatedCpus: readonly number[]
  /** The processors that all other guests share, when the configuration names some. */
  readonly sharedCpus?: readonly number[] | undefined
  /** What placement should know the host can: `COMPUTE_IMAGE_TYPE_QCOW2`, `HW_CPU_X86_AVX2`, ... */
  readonly traits: readonly string[]
  /** When the machine began to run, ISO 8601: a guest that was on before did not end by itself. */
  readonly bootedAt?: string | undefined
  /** What its monitors measure, under Nova's names: `cpu.percent`. Absent without monitors. */
  readonly metrics?: Readonly<Record<string, number>> | undefined
  /** What the operator should know, in sentences: a setting that makes starts slow, a device that cannot be opened. */
  readonly warnings: readonly string[]
}

/** The processor, as `cpu_info` of the hypervisor list shows it. */
export interface HostCpu {
  readonly arch: string
  readonly model: string
  readonly vendor: string
  readonly features: readonly string[]
  readonly topology: { readonly cells: number; readonly sockets: number; readonly cores: number; readonly threads: number }
}

export interface HostCell {
  readonly id: number
  readonly cpus: readonly number[]
  /** Which of its processors are threads of one core. */
  readonly siblings: readonly (readonly number[])[]
  readonly memoryMb: number
  readonly pages: readonly { readonly sizeKb: number; readonly total: number; readonly free: number }[]
}

let lastCpus: Pick<HostCell, 'cpus' | 'siblings'> = { cpus: [], siblings: [] }

/** Thousands of machines are pretended with the same number of processors: they share those of the last. */
function plainCpus(count: number): typeof lastCpus {
  if (lastCpus.cpus.length !== count) {
    const cpus = Array.from({ length: count }, (_, cpu) => cpu)
    lastCpus = { cpus, siblings: cpus.map(cpu => [cpu]) }
  }
  return lastCpus
}

/** A machine without particulars: one group of processors, nothing running, nothing special. */
export function plainFacts(size: Pick<HostFacts, 'host' | 'vcpus' | 'memoryMb' | 'diskGb'> & Partial<HostFacts>): HostFacts {
  const { cpus, siblings } = plainCpus(size.vcpus)
  return {
    nodeName: size.host,
    hostIp: '127.0.0.1',
    hypervisorType: 'fake',
    hypervisorVersion: 1_000_000,
    virtType: 'fake',
    arch: 'x86_64',
    memoryUsedMb: 0,
    freeDiskGb: size.diskGb,
    diskAvailableLeastGb: size.diskGb,
    runningGuests: 0,
    cpu: {
      arch: 'x86_64',
      model: 'Nehalem',
      vendor: 'Intel',
      features: ['pge', 'clflush'],
      topology: { cells: 1, sockets: 1, cores: size.vcpus, threads: 1 },
    },
    cells: [{ id: 0, cpus, siblings, memoryMb: size.memoryMb, pages: [] }],
    supported: [['x86_64', 'fake', 'hvm']],
    dedicatedCpus: [],
    traits: [],
    warnings: [],
    ...size,
  }
}
