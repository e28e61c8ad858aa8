import type { Cause } from '@kilonova/platform/cause.ts'
import type { Server } from '../servers/server.ts'

/** Something that is not as it should be, in a sentence; and what would set it right, where that is sure to harm nobody. */
export interface Finding {
  readonly what: string
  readonly repair?: { readonly what: string; run(cause: Cause): Promise<void> } | undefined
}

/** One thing that must hold between what is kept in several places. */
export interface Check {
  readonly name: string
  /** Refuses `unavailable` when it cannot look. */
  look(cause: Cause): Promise<readonly Finding[]>
}

/** As much of a server as the checks look at. */
export interface Known extends Pick<Server, 'id' | 'name' | 'vmState' | 'taskState' | 'powerState' | 'host' | 'isDeleted'> {
  readonly number: number
  readonly cell: 'cell1' | 'cell0'
}

/** Work that has not ended. */
export interface OpenTask {
  readonly id: string
  readonly name: string
  readonly subject: string
  readonly state: string
  readonly deadlineMs: number
  readonly leaseUntilMs: number
  readonly fault: { readonly step: string; readonly host: string; readonly message: string } | undefined
}
