import type { Service } from '../services/service.ts'

/** Hosts that fail together. */
export interface Zone {
  readonly name: string
  readonly isAvailable: boolean
  readonly members: readonly { readonly service: Service; readonly isUp: boolean }[]
}
