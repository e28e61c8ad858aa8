import type { NetworkLogic } from '../../networks/logic.ts'
import { everybody, type Viewer, type Wanted, where } from '../../listings/listing.ts'
import { refuseBody, refuseConflict, refuseInput, refuseUnknown } from '../../refusals/refusal.ts'
import type { Tools } from '../../standards/logic.ts'
import type { Act } from '../../standards/standard/act.ts'
import type { Reading, Transaction } from '../../tables.ts'
import { openable, type RbacChange, type RbacWish } from '../rbac-policy/attributes.ts'
import type { RbacPolicy } from '../rbac-policy/rbac-policy.ts'
import type { RbacStore } from '../store.ts'
import { refuseInUse, type SharingLogic } from './sharing.ts'

const external = 'access_as_external'

/** An object that may be opened to others, as this page needs to know it. */
export interface Openable {
  readonly projectId: string
}

export interface Rooms extends Tools {
  readonly store: RbacStore
  /** How each type of object is found. */
  readonly objects: Readonly<Record<string, (id: string, viewer: Viewer, from: Reading) => Promise<Openable | undefined>>>
  readonly sharing: Pick<SharingLogic, 'mustBeFree' | 'projectsOf'>
  readonly networks: Pick<NetworkLogic, 'setExternal'>
}

/** The rules of RBAC policies: only what is one's own is opened, and what others use stays open to them. */
export function rbacLogic({ store, objects, sharing, networks, write, chance, quotas }: Rooms) {
  const get = async (id: string, viewer: Viewer, from?: Reading): Promise<RbacPolicy> =>
    (await store.find(id, viewer, from)) ?? refuseUnknown('RbacPolicyNotFound', `RBAC policy of type None with ID ${id} not found`)

  async function createOne(tx: Transaction, wish: RbacWish, act: Act): Promise<RbacPolicy> {
    const actions = Object.hasOwn(openable, wish.objectType) ? openable[wish.objectType] : undefined
    if (!actions) return refuseInput(`'${wish.objectType}' is not a valid RBAC object type`)
    if (!actions.includes(wish.action))
      refuseInput(`Invalid action '${wish.action}' for object type '${wish.objectType}'. Valid actions: ${actions.join(', ')}`)
    const object = await objects[wish.objectType]?.(wish.objectId, act.viewer, tx.read)
    if (!object) return refuseUnknown('ObjectNotFound', `Object ${wish.objectId} not found.`)
    if (!act.viewer.seesAll && object.projectId !== act.viewer.projectId)
      refuseInput('Only admins can manipulate policies on objects they do not own')
    const policy = {
      id: chance.uuid(),
      projectId: wish.projectId ?? '',
      objectType: wish.objectType,
      objectId: wish.objectId,
      action: wish.action,
    }
    const whole = { ...policy, targetProject: wish.targetTenant }
    await mustBeNew(tx, whole)
    await quotas.take(tx, policy.projectId, 'rbac_policy')
    await store.insert(tx, [whole])
    await settle(tx, whole)
    return whole
  }

  async function mustBeNew(tx: Transaction, { objectId, action, targetProject }: RbacPolicy): Promise<void> {
    const same = where({ object_id: [objectId], action: [action], target_project: [targetProject] })
    if ((await store.list(same, everybody, tx.read)).length > 0)
      refuseConflict('DuplicateRbacPolicy', 'An RBAC policy already exists with those values.')
  }

  /** Whoever loses the access must not be using it, unless another policy lets them in. */
  async function mustNotBeUsed(tx: Transaction, policy: RbacPolicy, instead?: string): Promise<void> {
    const object = await objects[policy.objectType]?.(policy.objectId, everybody, tx.read)
    if (!object) return
    const isEverybodys = policy.action === external && policy.targetProject === '*' && instead === undefined
    if (isEverybodys && 'isDefault' in object && object.isDefault === true)
      refuseInUse(policy.objectId, 'Default external networks must be shared to everyone.')
    const opening = { ...policy, projectId: object.projectId }
    if (policy.targetProject !== object.projectId) await sharing.mustBeFree(tx, opening, policy.targetProject, instead)
  }

  /** A network that leads out for somebody is an external one, and for nobody it is not. */
  async function settle(tx: Transaction, { action, objectId }: RbacPolicy): Promise<void> {
    if (action === external) await networks.setExternal(tx, objectId, (await sharing.projectsOf(objectId, external, tx)).length > 0)
  }

  return {
    list: (wanted: Wanted, viewer: Viewer) => store.list(wanted, viewer),
    get: (id: string, viewer: Viewer) => get(id, viewer),

    create: (wishes: readonly RbacWish[], act: Act): Promise<readonly RbacPolicy[]> =>
      write(act.cause, async tx => {
        const made: RbacPolicy[] = []
        for (const wish of wishes) made.push(await createOne(tx, wish, act))
        return made
      }),

    update: (id: string, { targetTenant }: RbacChange, act: Act): Promise<RbacPolicy> =>
      write(act.cause, async tx => {
        const before = await get(id, act.viewer, tx.read)
        if (targetTenant === undefined) return refuseBody('Nothing to change')
        if (targetTenant === before.targetProject) return before
        await mustNotBeUsed(tx, before, targetTenant)
        const policy = { ...before, targetProject: targetTenant }
        await mustBeNew(tx, policy)
        await store.patch(tx, policy)
        return policy
      }),

    delete: (id: string, act: Act): Promise<void> =>
      write(act.cause, async tx => {
        const policy = await get(id, act.viewer, tx.read)
        await mustNotBeUsed(tx, policy)
        await store.delete(tx, policy)
        await settle(tx, policy)
        await quotas.give(tx, policy.projectId, 'rbac_policy')
      }),
  }
}

export type RbacLogic = ReturnType<typeof rbacLogic>
