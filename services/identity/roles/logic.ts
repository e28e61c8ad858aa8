import type { Cause } from '@kilonova/platform/cause.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import { given } from '@kilonova/platform/given.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { type Filter, passes } from '../filters/filter.ts'
import { type Forgetful, forget } from '../forgetting/forgetting.ts'
import type { Transaction, Write } from '../tables.ts'
import type { Role, RoleOptions } from './role.ts'
import type { RoleStore } from './store.ts'

export interface Rooms {
  readonly store: RoleStore
  readonly write: Write
  readonly chance: Pick<Chance, 'hex'>
  /** Those who refer to roles. */
  readonly others: readonly Forgetful[]
}

/** What a client wishes a role to be. An option that is `null` is taken off. */
export interface Wish {
  readonly name?: string | undefined
  readonly description?: string | null | undefined
  readonly options?: { readonly immutable?: boolean | null | undefined } | undefined
  readonly extra?: Readonly<Record<string, unknown>> | undefined
}

/** How a request names a role. */
export type RoleName = { readonly id?: string | undefined; readonly name?: string | undefined }

/** The rules of roles: a name is unique within its domain (or the cloud), an immutable role stays as it is. */
export const roleLogic = ({ store, write, chance, others }: Rooms) => ({
  async get(id: string): Promise<Role> {
    return (await store.find(id)) ?? refuseUnknown(id)
  },

  async list(filter: {
    readonly domainId: string | null
    readonly name?: string | undefined
    readonly inexact?: readonly Filter[]
  }): Promise<readonly Role[]> {
    const roles = await store.list(filter)
    const { inexact = [] } = filter
    return roles.filter(({ name }) => passes(inexact, () => name))
  },

  listByIds: (ids: readonly string[]): Promise<readonly Role[]> => store.list({ ids }),

  /** The roles that a request names, each once. One named by a name is a role of the whole cloud. */
  async listNamed(names: readonly RoleName[]): Promise<readonly Role[]> {
    const found = new Map<string, Role>()
    for (const { id, name } of names) {
      const role = id === undefined ? await findUnique(store, name ?? '') : ((await store.find(id)) ?? refuseUnknown(id))
      found.set(role.id, role)
    }
    return [...found.values()]
  },

  create: (wish: Wish & { name: string; domainId: string | null }, cause: Cause): Promise<Role> =>
    write(cause, async tx => {
      const { domainId } = wish
      if (domainId !== null && !(await store.hasDomain(domainId, tx.read)))
        throw new Refusal('not-found', `Could not find domain: ${domainId}.`)
      const role: Role = {
        id: chance.hex(),
        name: wish.name,
        domainId,
        description: wish.description ?? null,
        options: optionsAfter({}, wish.options),
        extra: wish.extra ?? {},
      }
      await mustHaveOwnName(role, tx, store)
      await store.insert(tx, role)
      return role
    }),

  update: (id: string, wish: Wish & { domainId?: string | null | undefined }, cause: Cause): Promise<Role> =>
    write(cause, async tx => {
      const before = (await store.find(id, tx.read)) ?? refuseUnknown(id)
      if (before.options.immutable && !takesImmutableOff(wish))
        throw new Refusal('forbidden', `Unable to update immutable role resource: \`${id}. Set resource option "immutable" to false first.`)
      if (wish.domainId !== undefined && wish.domainId !== before.domainId)
        throw new Refusal('invalid', 'Update of `domain_id` is not allowed.')
      const { name, description } = wish
      const role: Role = {
        ...before,
        ...given({ name, description }),
        options: optionsAfter(before.options, wish.options),
        extra: { ...before.extra, ...wish.extra },
      }
      await mustHaveOwnName(role, tx, store)
      await store.update(tx, role)
      return role
    }),

  delete: (id: string, cause: Cause): Promise<void> =>
    write(cause, async tx => {
      const role = (await store.find(id, tx.read)) ?? refuseUnknown(id)
      if (role.options.immutable)
        throw new Refusal('forbidden', `Unable to delete immutable role resource: \`${id}. Set resource option "immutable" to false first.`)
      await forget(others, 'forgetRole', tx, id)
      await store.delete(tx, role)
    }),

  async forgetDomain(tx: Transaction, domainId: string): Promise<void> {
    for (const role of await store.list({ domainId }, tx.read)) {
      await forget(others, 'forgetRole', tx, role.id)
      await store.delete(tx, role)
    }
  },
})

export type RoleLogic = ReturnType<typeof roleLogic>

const refuseUnknown = (id: string): never => {
  throw new Refusal('not-found', `Could not find role: ${id}.`)
}

/** A role of the cloud by its name; where only domains have one of that name, it must be the only one. */
async function findUnique(store: RoleStore, name: string): Promise<Role> {
  const [role, ...more] = await store.list({ name })
  if (!role) throw new Refusal('not-found', `Role ${name} is not defined`)
  if (more.length > 0)
    throw new Refusal(
      'invalid',
      `There are multiple role entities named '${name}'. Please use ID instead of names to resolve the ambiguity.`,
    )
  return role
}

async function mustHaveOwnName({ id, name, domainId }: Role, tx: Transaction, store: RoleStore) {
  const namesake = await store.findByName(name, domainId, tx.read)
  if (!namesake || namesake.id === id) return
  const where = domainId === null ? '' : ` at domain ID ${domainId}`
  throw new Refusal('conflict', `Conflict occurred attempting to store role - Duplicate entry found with name ${name}${where}.`)
}

const optionsAfter = (before: RoleOptions, { immutable }: NonNullable<Wish['options']> = {}): RoleOptions =>
  immutable === undefined ? before : immutable === null ? {} : { immutable }

/** The one change that an immutable role allows. */
const takesImmutableOff = ({ name, description, options, extra }: Wish) =>
  name === undefined &&
  description === undefined &&
  Object.keys(extra ?? {}).length === 0 &&
  (options?.immutable === false || options?.immutable === null)
