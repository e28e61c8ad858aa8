import type { Cause } from '@kilonova/platform/cause.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { RoleLogic } from '../roles/logic.ts'
import type { Role } from '../roles/role.ts'
import type { Transaction, Write } from '../tables.ts'
import type { ImpliedRole } from './implied-role.ts'
import type { ImpliedRoleStore } from './store.ts'

export interface Rooms {
  readonly store: ImpliedRoleStore
  readonly write: Write
  readonly roles: Pick<RoleLogic, 'get' | 'listByIds'>
  /** Names of roles that nothing may imply: `[assignment] prohibited_implied_role`, by default `admin`. */
  readonly prohibited: readonly string[]
}

/** A role with those it implies. */
export interface Inference {
  readonly prior: Role
  readonly implies: readonly Role[]
}

/** The rules of implication: no powerful role comes by the back door, and no role implies itself, however far around. */
export function impliedRoleLogic({ store, write, roles, prohibited }: Rooms) {
  const mustImply = async ({ priorRoleId, impliedRoleId }: ImpliedRole, from?: Transaction['read']): Promise<void> => {
    const all = await store.list({ priorRoleId }, from)
    if (!all.some(one => one.impliedRoleId === impliedRoleId))
      throw new Refusal('not-found', `${priorRoleId} does not imply ${impliedRoleId}.`)
  }

  const pair = async (priorRoleId: string, impliedRoleId: string) => ({
    prior: await roles.get(priorRoleId),
    implied: await roles.get(impliedRoleId),
  })

  return {
    pair,

    async inferenceOf(priorRoleId: string): Promise<Inference> {
      const prior = await roles.get(priorRoleId)
      const implied = await store.list({ priorRoleId })
      return { prior, implies: await roles.listByIds(implied.map(one => one.impliedRoleId)) }
    },

    async get(priorRoleId: string, impliedRoleId: string): Promise<{ prior: Role; implied: Role }> {
      const found = await pair(priorRoleId, impliedRoleId)
      await mustImply({ priorRoleId, impliedRoleId })
      return found
    },

    async inferences(): Promise<readonly Inference[]> {
      const all = await store.list()
      const named = await roles.listByIds([...new Set(all.flatMap(one => [one.priorRoleId, one.impliedRoleId]))])
      const byId = new Map(named.map(role => [role.id, role]))
      return [...Map.groupBy(all, one => one.priorRoleId)].flatMap(([priorRoleId, implied]) => {
        const prior = byId.get(priorRoleId)
        return prior ? [{ prior, implies: implied.flatMap(one => byId.get(one.impliedRoleId) ?? []) }] : []
      })
    },

    async create(priorRoleId: string, impliedRoleId: string, cause: Cause): Promise<{ prior: Role; implied: Role }> {
      const { prior, implied } = await pair(priorRoleId, impliedRoleId)
      if (prohibited.includes(implied.name)) refuseImplying(impliedRoleId)
      if (prior.domainId === null && implied.domainId !== null)
        throw new Refusal('forbidden', 'Global role cannot imply a domain-specific role')
      await write(cause, async tx => {
        const all = await store.list({}, tx.read)
        if (all.some(one => one.priorRoleId === priorRoleId && one.impliedRoleId === impliedRoleId))
          throw new Refusal('conflict', 'Conflict occurred attempting to store implied_role - Duplicate entry.')
        if (reaches(all, impliedRoleId, priorRoleId)) refuseImplying(impliedRoleId)
        await store.insert(tx, { priorRoleId, impliedRoleId })
      })
      return { prior, implied }
    },

    delete: (priorRoleId: string, impliedRoleId: string, cause: Cause): Promise<void> =>
      write(cause, async tx => {
        await mustImply({ priorRoleId, impliedRoleId }, tx.read)
        await store.delete(tx, { priorRoleId, impliedRoleId })
      }),

    async forgetRole(tx: Transaction, roleId: string): Promise<void> {
      for (const implied of await store.list({ roleId }, tx.read)) await store.delete(tx, implied)
    },
  }
}

export type ImpliedRoleLogic = ReturnType<typeof impliedRoleLogic>

const refuseImplying = (id: string): never => {
  throw new Refusal('forbidden', `${id} cannot be an implied roles.`)
}

function reaches(all: readonly ImpliedRole[], from: string, to: string): boolean {
  const reached = new Set([from])
  for (const id of reached) for (const one of all) if (one.priorRoleId === id) reached.add(one.impliedRoleId)
  return reached.has(to)
}
