import type { Chance } from '@kilonova/platform/chance.ts'
import { everybody, where } from '../../listings/listing.ts'
import type { QuotaLogic } from '../../quotas/logic.ts'
import { refuseConflict } from '../../refusals/refusal.ts'
import type { Transaction } from '../../tables.ts'
import type { RbacPolicy } from '../rbac-policy/rbac-policy.ts'
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

/** Opening things to everybody, as `shared` and `router:external` do, and closing them again unless somebody depends on it. */
export function sharingLogic({ store, chance, quotas }: Rooms) {
  const policiesOn = (tx: Transaction, objectId: string, action: string) =>
    store.list(where({ object_id: [objectId], action: [action] }), everybody, tx.read)

  async function discard(tx: Transaction, policies: readonly RbacPolicy[]): Promise<void> {
    for (const policy of policies) {
      await store.delete(tx, policy)
      await quotas.note(tx, policy.projectId, 'rbac_policy', -1)
    }
  }

  return {
    async openToAll(tx: Transaction, opening: Opening): Promise<void> {
      const same = { object_id: [opening.objectId], action: [opening.action], target_project: ['*'] }
      if ((await store.count(same, tx.read)) > 0) return
      await store.insert(tx, [{ id: chance.uuid(), targetProject: '*', ...opening }])
      await quotas.note(tx, opening.projectId, 'rbac_policy', 1)
    },

    async closeToAll(tx: Transaction, objectId: string, action: string): Promise<void> {
      await discard(
        tx,
        (await policiesOn(tx, objectId, action)).filter(({ targetProject }) => targetProject === '*'),
      )
    },

    /** Nobody is let in that way any more. */
    close: async (tx: Transaction, objectId: string, action: string) => discard(tx, await policiesOn(tx, objectId, action)),

    /**
     * Refuses when a project uses an object that it would not see without the policies for `target`. `instead`: whom the policy is for from now
     * on.
     */
    async mustBeFree(tx: Transaction, opening: Opening, target: string, instead?: string): Promise<void> {
      const { objectType, objectId, projectId: owner, action } = opening
      const isShared = action === 'access_as_shared'
      const users = isShared ? await store.usersOf(objectType, objectId, tx.read) : await store.leavingBy(objectId, tx.read)
      const others = (await policiesOn(tx, objectId, action)).map(({ targetProject }) => targetProject).filter(one => one !== target)
      const open = new Set([...others, ...(instead === undefined ? [] : [instead]), '', ...(isShared ? [owner] : [])])
      if (open.has('*')) return
      const losing = users.filter(user => (target === '*' || user === target) && !open.has(user))
      if (losing.length > 0)
        refuseInUse(
          objectId,
          isShared ? `project_id=${target}` : 'There are routers attached to this network that depend on this policy for access.',
        )
    },

    /** The projects an object is opened to, `*` among them. */
    projectsOf: async (objectId: string, action: string, tx: Transaction): Promise<readonly string[]> =>
      (await policiesOn(tx, objectId, action)).map(({ targetProject }) => targetProject),

    /** What is gone is open to nobody. */
    forget: async (tx: Transaction, objectIds: readonly string[]): Promise<void> =>
      discard(tx, await store.list(where({ object_id: objectIds }), everybody, tx.read)),
  }
}

export type SharingLogic = ReturnType<typeof sharingLogic>

export const refuseInUse = (objectId: string, details: string): never =>
  refuseConflict(
    'RbacPolicyInUse',
    `RBAC policy on object ${objectId} cannot be removed because other objects depend on it.\nDetails: ${details}`,
  )
