import type { Cause } from '@kilonova/platform/cause.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { AssignmentLogic } from '../../assignments/logic/assignments.ts'
import { type Expiry, expiryAt, isOver, parseExpiry } from '../../expiries/expiry.ts'
import type { RevocationLogic } from '../../revocations/logic.ts'
import type { RoleLogic, RoleName } from '../../roles/logic.ts'
import type { Role } from '../../roles/role.ts'
import type { Transaction, Write } from '../../tables.ts'
import type { TrustFilter, TrustStore } from '../store.ts'
import type { Trust } from '../trust.ts'
import { mustBeWithin, redelegationDepth } from './redelegation.ts'

export interface Rooms {
  readonly store: TrustStore
  readonly write: Write
  readonly chance: Pick<Chance, 'hex'>
  readonly clock: Pick<Clock, 'now'>
  readonly roles: Pick<RoleLogic, 'listNamed' | 'listByIds'>
  readonly assignments: Pick<AssignmentLogic, 'rolesOn'>
  readonly revocations: Pick<RevocationLogic, 'revoke'>
  /** `[trust] max_redelegation_count` */
  readonly maxRedelegations: number
}

export interface Wish {
  readonly trustorUserId: string
  readonly trusteeUserId: string
  readonly projectId: string | null
  readonly impersonation: boolean
  readonly roles: readonly RoleName[]
  readonly expiresAt: string | null
  readonly remainingUses: number | null
  readonly allowRedelegation: boolean
  readonly redelegationCount: number | null | undefined
  readonly extra: Readonly<Record<string, unknown>>
}

/** A trust with its roles as they are now. */
export interface TrustInFull extends Trust {
  readonly roles: readonly Role[]
}

/**
 * The rules of trusts: nobody gives what it does not have, a trust that is handed on only becomes smaller, and one that has ended, run
 * out or been used up is as if it were not there.
 */
export function trustLogic(rooms: Rooms) {
  const { store, write, clock, revocations } = rooms
  const inFull = async (trust: Trust): Promise<TrustInFull> => ({ ...trust, roles: await rooms.roles.listByIds(trust.roleIds) })

  const find = async (id: string): Promise<TrustInFull | undefined> => {
    const trust = await store.find(id)
    if (!trust || isOver(trust.expiresAt, clock.now()) || (trust.remainingUses !== null && trust.remainingUses <= 0)) return undefined
    await mustHaveSoundPedigree(rooms, trust)
    return inFull(trust)
  }

  return {
    find,

    async get(id: string): Promise<TrustInFull> {
      return (await find(id)) ?? refuseUnknown(id)
    },

    list: (filter: Pick<TrustFilter, 'trustorUserId' | 'trusteeUserId'>): Promise<readonly Trust[]> => store.list(filter),

    /** `byTrustId` is the trust of the caller's own token, which the new one then hands on. */
    async create(wish: Wish, byTrustId: string | undefined, cause: Cause): Promise<TrustInFull> {
      const parent = byTrustId === undefined ? undefined : ((await find(byTrustId)) ?? refuseUnknown(byTrustId))
      const trust = await draft(rooms, wish, parent)
      await write(cause, async tx => {
        await mustBeNew(store, tx, trust)
        await store.insert(tx, trust)
      })
      return inFull(trust)
    },

    /** With all that hand it on, and every token made from any of them. */
    delete: (id: string, cause: Cause): Promise<void> =>
      write(cause, async tx => {
        const doomed = [(await store.find(id, tx.read)) ?? refuseUnknown(id)]
        for (const trust of doomed) doomed.push(...(await store.list({ redelegatedTrustId: trust.id }, tx.read)))
        for (const trust of doomed.toReversed()) {
          await store.delete(tx, trust, expiryAt(clock.now()))
          await revocations.revoke(tx, { trustId: trust.id }, cause)
        }
      }),

    /** Before a token is made from it. */
    async consumeUse(id: string, cause: Cause): Promise<void> {
      const trust = (await find(id)) ?? refuseUnknown(id)
      if (trust.remainingUses === null) return
      await write(cause, async tx => {
        const { roles: _, ...plain } = trust
        if (!(await store.updateUses(tx, plain))) throw new Refusal('forbidden', `No remaining uses for trust: ${id}.`)
      })
    },

    forgetUser: (tx: Transaction, userId: string) => endAll(rooms, tx, { userId }),
    forgetProject: (tx: Transaction, projectId: string) => endAll(rooms, tx, { projectId }),
    forgetDomain: (tx: Transaction, projectId: string) => endAll(rooms, tx, { projectId }),

    async forgetRole(tx: Transaction, roleId: string): Promise<void> {
      for (const trust of await store.list({ roleId }, tx.read))
        await store.updateRoles(tx, { ...trust, roleIds: trust.roleIds.filter(id => id !== roleId) }, { roleId })
    },
  }
}

export type TrustLogic = ReturnType<typeof trustLogic>

export const refuseUnknown = (id: string): never => {
  throw new Refusal('not-found', `Could not find trust: ${id}.`)
}

const refuseAction = (action: string): never => {
  throw new Refusal('forbidden', `You are not authorized to perform the requested action: ${action}.`)
}

async function draft(rooms: Rooms, wish: Wish, parent: Trust | undefined): Promise<Trust> {
  const { store, chance, clock, maxRedelegations } = rooms
  if (wish.projectId && wish.roles.length === 0) refuseAction('At least one role should be specified')
  if (!(await store.findUser(wish.trusteeUserId))) throw new Refusal('not-found', `Could not find user: ${wish.trusteeUserId}.`)
  const roleIds = (await rooms.roles.listNamed(wish.roles)).map(role => role.id)
  const pedigree = parent ? await pedigreeOf(store, parent) : []
  await trustorMustHold(rooms, roleIds, wish, pedigree.at(-1)?.trustorUserId ?? wish.trustorUserId)
  const { allowRedelegation: allowed, redelegationCount: count, remainingUses } = wish
  const trust: Trust = {
    id: chance.hex(),
    trustorUserId: wish.trustorUserId,
    trusteeUserId: wish.trusteeUserId,
    projectId: wish.projectId || null,
    impersonation: wish.impersonation,
    expiresAt: readExpiry(wish.expiresAt, clock.now()) ?? parent?.expiresAt ?? null,
    remainingUses,
    redelegationCount: redelegationDepth({ allowed, count, remainingUses }, parent, maxRedelegations),
    redelegatedTrustId: parent?.id ?? null,
    deletedAt: null,
    roleIds,
    extra: wish.extra,
  }
  for (const above of pedigree) mustBeWithin(above, trust, maxRedelegations)
  return trust
}

/** Roles of domains count here: what they imply is what the trust will give. */
async function trustorMustHold({ store, assignments }: Rooms, roleIds: readonly string[], { projectId }: Wish, trustorUserId: string) {
  if (projectId && !(await store.hasProject(projectId))) throw new Refusal('not-found', `Could not find project: ${projectId}.`)
  const held = projectId ? await assignments.rolesOn(trustorUserId, projectId, { withDomainRoles: true }) : []
  const missing = roleIds.find(id => !held.includes(id))
  if (missing !== undefined) throw new Refusal('not-found', `Could not find role: ${missing}.`)
}

const malformed = 'The server could not comply with the request since it is either malformed or otherwise incorrect.'

function readExpiry(wished: string | null, now: number): Expiry | null {
  if (wished === null) return null
  const expiry = parseExpiry(wished)
  if (expiry === undefined)
    throw new Refusal('invalid', `Timestamp not in expected format. ${malformed} The client is assumed to be in error.`)
  if (isOver(expiry, now))
    throw new Refusal('invalid', `The 'expires_at' must not be before now. ${malformed} The client is assumed to be in error.`)
  return expiry
}

/** The trust and those it hands on, the first one last. */
async function pedigreeOf(store: TrustStore, trust: Trust): Promise<readonly Trust[]> {
  const chain = [trust]
  for (let id = trust.redelegatedTrustId; id !== null; ) {
    const above: Trust = (await store.find(id)) ?? refuseUnknown(id)
    chain.push(above)
    id = above.redelegatedTrustId
  }
  return chain
}

/** A trust handed on is worth no more than each before it, and than the people in between. */
async function mustHaveSoundPedigree({ store, maxRedelegations }: Rooms, trust: Trust) {
  if (trust.redelegatedTrustId === null) return
  const chain = await pedigreeOf(store, trust)
  for (const [index, parent] of chain.slice(1).entries()) {
    const child = chain[index]
    if (child) mustBeWithin(parent, child, maxRedelegations)
    if (!(await store.findUser(parent.trusteeUserId))?.enabled)
      throw new Refusal('forbidden', 'One of the trust agents is disabled or deleted')
  }
}

async function mustBeNew(store: TrustStore, tx: Transaction, trust: Trust) {
  if (trust.expiresAt === null) return
  const { trustorUserId, trusteeUserId } = trust
  const same = (await store.list({ trustorUserId, trusteeUserId }, tx.read)).some(
    one => one.projectId === trust.projectId && one.impersonation === trust.impersonation && one.expiresAt === trust.expiresAt,
  )
  if (same) throw new Refusal('conflict', 'Conflict occurred attempting to store trust - Duplicate entry.')
}

async function endAll({ store, clock }: Rooms, tx: Transaction, filter: TrustFilter) {
  for (const trust of await store.list(filter, tx.read)) await store.delete(tx, trust, expiryAt(clock.now()))
}
