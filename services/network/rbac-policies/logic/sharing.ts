import type { Chance } from '@kilonova/platform/chance.ts'
import { everybody, where } from '../../listings/listing.ts'
import type { QuotaLogic } from '../../quotas/logic.ts'
import type { Transaction } from '../../tables.ts'
import type { RbacStore } from '../store.ts'

export interface Rooms {
  readonly store: RbacStore
  readonly chance: Pick<Chance, 'uuid'>
  readonly quotas: Pick<QuotaLogic, 'note'>
}

export interface Opening {
  readonly objectType: string
  readonly objectId: string
  readonly projectId: string
  readonly action: string
}

/** Opening things to everybody, as `shared` and `router:external` do. */
export const sharingLogic = ({ store, chance, quotas }: Rooms) => ({
  async openToAll(tx: Transaction, opening: Opening): Promise<void> {
    const same = { object_id: [opening.objectId], action: [opening.action], target_project: ['*'] }
    if ((await store.count(same, tx.read)) > 0) return
    await store.insert(tx, [{ id: chance.uuid(), targetProject: '*', ...opening }])
    await quotas.note(tx, opening.projectId, 'rbac_policy', 1)
  },

  async closeToAll(tx: Transaction, objectId: string, action: string): Promise<void> {
    const found = await store.list(
      { filters: { object_id: [objectId], action: [action], target_project: ['*'] }, sort: [] },
      undefined,
      tx.read,
    )
    for (const policy of found) {
      await store.delete(tx, policy)
      await quotas.note(tx, policy.projectId, 'rbac_policy', -1)
    }
  },

  /** The projects an object is opened to, `*` among them. */
  async projectsOf(objectId: string, action: string, tx: Transaction): Promise<readonly string[]> {
    const found = await store.list({ filters: { object_id: [objectId], action: [action] }, sort: [] }, undefined, tx.read)
    return found.map(({ targetProject }) => targetProject)
  },

  /** What is gone is open to nobody. */
  async forget(tx: Transaction, objectIds: readonly string[]): Promise<void> {
    for (const policy of await store.list(where({ object_id: objectIds }), everybody, tx.read)) {
      await store.delete(tx, policy)
      await quotas.note(tx, policy.projectId, 'rbac_policy', -1)
    }
  },
})

export type SharingLogic = ReturnType<typeof sharingLogic>
