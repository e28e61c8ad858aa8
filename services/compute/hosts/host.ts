import type { Hypervisor } from '../hypervisors/hypervisor.ts'

/** What a host has, has given away, or gave to one project. */
export interface Resource {
  readonly host: string
  /** A project's id, or `(total)`, `(used_now)`, `(used_max)`. */
  readonly project: string
  readonly cpu: number
  readonly memory_mb: number
  readonly disk_gb: number
}

export function resourcesOf({ service: { host }, facts, used, byProject }: Hypervisor): readonly Resource[] {
  const given = { cpu: used.vcpus, memory_mb: used.memoryMb, disk_gb: used.diskGb }
  return [
    { host, project: '(total)', cpu: facts.vcpus, memory_mb: facts.memoryMb, disk_gb: facts.diskGb },
    { host, project: '(used_now)', ...given },
    { host, project: '(used_max)', ...given },
    ...Object.entries(byProject).map(([project, { vcpus, memoryMb, diskGb }]) => ({
      host,
      project,
      cpu: vcpus,
      memory_mb: memoryMb,
      disk_gb: diskGb,
    })),
  ]
}
