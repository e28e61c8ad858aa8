import type { Transaction } from '../tables.ts'

/**
 * What a resource does when something it refers to goes: it forgets, in the same transaction. Each resource's logic offers the verbs that
 * concern it; the logic that deletes is handed all of them, so that no noun needs to know who refers to it.
 */
export interface Forgetful {
  forgetDomain?(tx: Transaction, domainId: string): Promise<void>
  forgetProject?(tx: Transaction, projectId: string): Promise<void>
  forgetUser?(tx: Transaction, userId: string): Promise<void>
  forgetGroup?(tx: Transaction, groupId: string): Promise<void>
  forgetRole?(tx: Transaction, roleId: string): Promise<void>
  forgetService?(tx: Transaction, serviceId: string): Promise<void>
  forgetEndpoint?(tx: Transaction, endpointId: string): Promise<void>
  forgetRegion?(tx: Transaction, regionId: string): Promise<void>
}

/** Asks everybody in turn: `forget(others, 'forgetUser', tx, userId)`. */
export async function forget(others: readonly Forgetful[], verb: keyof Forgetful, tx: Transaction, id: string): Promise<void> {
  for (const other of others) await other[verb]?.(tx, id)
}
