import type { HostFacts } from '@kilonova/hypervisor/contract/host.ts'
import type { Service } from '../services/service.ts'

/** A host that runs servers: what it has, and how much of it servers were promised. */
export interface Hypervisor {
  readonly service: Service
  readonly isUp: boolean
  readonly facts: HostFacts
  readonly used: Use
  /** The same, by project. */
  readonly byProject: Readonly<Record<string, Use>>
  readonly servers: readonly { readonly id: string; readonly name: string }[]
  /** Servers to which something is being done. */
  readonly workload: number
  /** Only when it was asked for; null where nobody counts, or nobody answers. */
  readonly uptime?: string | null | undefined
}

export interface Use {
  readonly vcpus: number
  readonly memoryMb: number
  readonly diskGb: number
  readonly servers: number
}

/** A server, as far as it takes room on a host. */
export interface Occupant {
  readonly id: string
  /** Its name on the host. */
  readonly name: string
  readonly host: string
  readonly projectId: string
  readonly isBusy: boolean
  readonly vcpus: number
  readonly memoryMb: number
  readonly diskGb: number
}

/** The hypervisor's own name of the machine, by which operators find it. */
export const nameOf = ({ facts, service }: Pick<Hypervisor, 'facts' | 'service'>): string => facts.nodeName ?? service.host

export const useOf = (all: readonly Occupant[]): Use => ({
  vcpus: sum(all, one => one.vcpus),
  memoryMb: sum(all, one => one.memoryMb),
  diskGb: sum(all, one => one.diskGb),
  servers: all.length,
})

const sum = (all: readonly Occupant[], of: (one: Occupant) => number) => all.reduce((total, one) => total + of(one), 0)
