import type { HostFacts } from '@kilonova/hypervisor/contract/host.ts'
import type { Service } from '../services/service.ts'

/** A host that runs servers: what it has, and how much of it servers were promised. */
export interface Hypervisor {
  readonly service: Service
  readonly isUp: boolean
  readonly facts: HostFacts
  readonly used: { readonly vcpus: number; readonly memoryMb: number; readonly diskGb: number; readonly servers: number }
  readonly servers: readonly { readonly id: string; readonly name: string }[]
}
