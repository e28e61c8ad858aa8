import type { Cause } from '@kilonova/platform/cause.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import { given } from '@kilonova/platform/given.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { type Filter, passes } from '../filters/filter.ts'
import { type Forgetful, forget } from '../forgetting/forgetting.ts'
import type { RevocationLogic } from '../revocations/logic.ts'
import type { Transaction, Write } from '../tables.ts'
import { asDone } from '../wishes/wish.ts'
import type { Group } from './group.ts'
import type { GroupFilter, GroupStore } from './store.ts'

export interface Rooms {
  readonly store: GroupStore
  readonly write: Write
  readonly chance: Pick<Chance, 'hex'>
  readonly revocations: Pick<RevocationLogic, 'revoke'>
  /** Whoever refers to groups. */
  readonly others: readonly Forgetful[]
  readonly defaultDomainId: string
}

/** What a client wishes a group to be; what it leaves out stays as it is. */
export type Wish = { readonly [Field in keyof Omit<Group, 'id'>]?: Group[Field] | undefined }

/** Groups and who is in them. Whoever leaves a group, or loses the roles of one, has to sign in again. */
export function groupLogic(rooms: Rooms) {
  const { store, write, chance, revocations } = rooms
  const get = async (id: string): Promise<Group> => (await store.find(id)) ?? refuseUnknown(id)

  return {
    get,
    findByName: (domainId: string, name: string) => store.findByName(domainId, name),

    list: async (filter: GroupFilter, filters: readonly Filter[] = []) => ({
      items: (await store.list(filter)).filter(group => passes(filters, () => group.name)),
    }),

    create: (wish: Wish & { readonly name: string; readonly id?: string | undefined }, cause: Cause): Promise<Group> =>
      write(cause, async tx => {
        const group: Group = {
          domainId: rooms.defaultDomainId,
          description: '',
          extra: {},
          ...given(wish),
          name: wish.name.trim(),
          id: wish.id ?? chance.hex(),
        }
        if (!(await store.hasDomain(group.domainId, tx.read))) throw new Refusal('not-found', `Could not find domain: ${group.domainId}.`)
        await store.insert(tx, group)
        return group
      }),

    update: (id: string, wish: Wish, cause: Cause): Promise<Group> =>
      write(cause, async tx => {
        const before = (await store.find(id, tx.read)) ?? refuseUnknown(id)
        if (wish.domainId !== undefined && wish.domainId !== before.domainId) throw new Refusal('invalid', 'Cannot change Domain ID')
        const group: Group = {
          ...before,
          ...given({ ...wish, name: wish.name?.trim() }),
          extra: { ...before.extra, ...wish.extra },
        }
        await store.update(tx, group)
        return group
      }),

    delete: (id: string, cause: Cause): Promise<void> =>
      write(cause, async tx => {
        const group = (await store.find(id, tx.read)) ?? refuseUnknown(id)
        const members = await store.listMemberships({ groupId: id }, tx.read)
        if (await store.hasRoles(id, tx.read)) for (const { userId } of members) await revocations.revoke(tx, { userId }, cause)
        await deleteGroup(group, tx, rooms)
      }),

    async mustHaveMember(groupId: string, userId: string): Promise<void> {
      if (!(await store.hasMember(groupId, userId))) await refuseNoMember(groupId, userId, store)
    },

    /** Once in, being added again changes nothing. */
    addMember: (groupId: string, userId: string, cause: Cause): Promise<void> =>
      write(cause, async tx => {
        if (!(await store.find(groupId, tx.read))) refuseUnknown(groupId)
        if (!(await store.hasUser(userId, tx.read))) refuseUnknownUser(userId)
        if (!(await store.hasMember(groupId, userId, tx.read))) await store.insertMembership(tx, { groupId, userId })
      }).catch(asDone),

    removeMember: (groupId: string, userId: string, cause: Cause): Promise<void> =>
      write(cause, async tx => {
        if (!(await store.hasMember(groupId, userId, tx.read))) await refuseNoMember(groupId, userId, store)
        await store.deleteMemberships(tx, [{ groupId, userId }])
        await revocations.revoke(tx, { userId }, cause)
      }),

    async forgetDomain(tx: Transaction, domainId: string): Promise<void> {
      for (const group of await store.list({ domainIds: [domainId] }, tx.read)) await deleteGroup(group, tx, rooms)
    },

    async forgetUser(tx: Transaction, userId: string): Promise<void> {
      const memberships = await store.listMemberships({ userId }, tx.read)
      if (memberships.length > 0) await store.deleteMemberships(tx, memberships)
    },
  }
}

export type GroupLogic = ReturnType<typeof groupLogic>

const refuseUnknown = (id: string): never => {
  throw new Refusal('not-found', `Could not find group: ${id}.`)
}
const refuseUnknownUser = (id: string): never => {
  throw new Refusal('not-found', `Could not find user: ${id}.`)
}

/** Says first what of the two is missing altogether. */
async function refuseNoMember(groupId: string, userId: string, store: GroupStore): Promise<never> {
  if (!(await store.find(groupId))) refuseUnknown(groupId)
  if (!(await store.hasUser(userId))) refuseUnknownUser(userId)
  throw new Refusal('not-found', `User '${userId}' not found in group '${groupId}'`)
}

async function deleteGroup(group: Group, tx: Transaction, { store, others }: Rooms) {
  await forget(others, 'forgetGroup', tx, group.id)
  const members = await store.listMemberships({ groupId: group.id }, tx.read)
  if (members.length > 0) await store.deleteMemberships(tx, members)
  await store.delete(tx, group)
}
