/** What one host has for guests, as its hypervisor sees it. */
export interface HostFacts {
  readonly host: string
  /** `QEMU` or `fake`, as the hypervisor list shows it. */
  readonly hypervisorType: string
  /** 7002015 for 7.2.15: major * 1,000,000 + minor * 1,000 + release. */
  readonly hypervisorVersion: number
  /** How guests run: `kvm` with the processor's help, `qemu` without. */
  readonly virtType: 'kvm' | 'qemu' | 'fake'
  readonly arch: string
  readonly vcpus: number
  readonly memoryMb: number
  readonly diskGb: number
  readonly freeDiskGb: number
  /** What the operator should know, in sentences: a setting that makes starts slow, a device that cannot be opened. */
  readonly warnings: readonly string[]
}
