import type { Cause } from '@kilonova/platform/cause.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Reading, Transaction, Write } from '../tables.ts'
import { codes, notFoundText, type ResourceProvider } from './resource-provider.ts'
import type { ResourceProviderStore } from './store.ts'

export interface Rooms {
  readonly store: ResourceProviderStore
  readonly write: Write
  readonly clock: Pick<Clock, 'now'>
  readonly chance: Pick<Chance, 'uuid'>
  /** Who keeps something of a provider: inventories, traits, aggregates. */
  readonly others: readonly { forgetProvider(tx: Transaction, uuid: string): Promise<unknown> }[]
}

export interface Wish {
  readonly name: string
  /** Left out: where it stands now, alone when it is new. */
  readonly parentUuid?: string | null | undefined
}

/** The rules of providers: names are unique, parents exist, trees have no loops, and who is drawn on or stood on stays. */
export function resourceProviderLogic({ store, write, clock, chance, others }: Rooms) {
  const get = async (uuid: string, from?: Reading): Promise<ResourceProvider> =>
    (await store.find(uuid, from)) ??
    (() => {
      throw new Refusal('not-found', `${notFoundText(uuid)}`)
    })()

  /** The provider, with its whole tree kept from being moved until the commit. */
  async function holdTree(tx: Transaction, uuid: string): Promise<ResourceProvider | undefined> {
    for (let held: string | undefined; ; ) {
      const provider = await store.find(uuid, tx.read)
      if (provider === undefined || provider.rootUuid === held) return provider
      await store.updateToHold(tx, [provider.rootUuid])
      held = provider.rootUuid
    }
  }

  /** A provider to be written by somebody who has seen this generation of it; any, when none is named. */
  async function holdSeen(tx: Transaction, uuid: string, conflict: string, generation?: number): Promise<ResourceProvider> {
    await store.updateToHold(tx, [uuid])
    const provider = await get(uuid, tx.read)
    if (generation !== undefined && provider.generation !== generation)
      throw new Refusal('conflict', conflict, { code: codes.concurrentUpdate })
    return provider
  }

  async function freeName(tx: Transaction, name: string) {
    if (await store.findByName(name, tx.read)) refuseTaken(`name: ${name}`)
  }

  return {
    get,
    holdSeen,
    listByUuids: store.listByUuids,
    hold: store.updateToHold,

    /** The next generation of held providers. */
    step: (tx: Transaction, uuids: readonly string[]) => store.updateGenerations(tx, uuids, clock.now()),

    create: (wish: Wish & { readonly uuid?: string | undefined }, cause: Cause): Promise<ResourceProvider> =>
      write(cause, async tx => {
        const uuid = wish.uuid ?? chance.uuid()
        const refuse = (why: string) =>
          refuseAction(`Unable to create resource provider "${wish.name}", ${uuid}: Object action create failed because: ${why}`)
        if (wish.name === '') refuse('name is required')
        if (wish.parentUuid === uuid)
          refuse('parent provider UUID cannot be same as UUID. Please set parent provider UUID to None if there is no parent.')
        const parent = wish.parentUuid == null ? undefined : await holdTree(tx, wish.parentUuid)
        if (wish.parentUuid != null && !parent) refuse('parent provider UUID does not exist.')
        if (await store.find(uuid, tx.read)) refuseTaken(`uuid: ${uuid}`)
        await freeName(tx, wish.name)
        const now = clock.now()
        const provider: ResourceProvider = {
          uuid,
          name: wish.name,
          generation: 0,
          parentUuid: parent?.uuid ?? null,
          rootUuid: parent?.rootUuid ?? uuid,
          createdAt: now,
          changedAt: now,
        }
        await store.insert(tx, provider)
        return provider
      }),

    /** `mayMove`: whether a provider that stands below another may be moved (1.37). */
    update: (uuid: string, wish: Wish, mayMove: boolean, cause: Cause): Promise<ResourceProvider> =>
      write(cause, async tx => {
        const refuse = (action: string, why: string) =>
          refuseAction(`Unable to save resource provider ${uuid}: Object action ${action} failed because: ${why}`)
        const before = (await holdTree(tx, uuid)) ?? (await get(uuid, tx.read))
        if (wish.name !== before.name && (await store.findByName(wish.name, tx.read)))
          throw new Refusal('conflict', `Conflicting resource provider ${wish.name} already exists.`, { code: codes.duplicateName })
        const parentUuid = wish.parentUuid === undefined ? before.parentUuid : wish.parentUuid
        const parent = parentUuid === null ? undefined : await holdTree(tx, parentUuid)
        if (parentUuid !== null && !parent) refuse('create', 'parent provider UUID does not exist.')
        if (before.parentUuid !== null && parentUuid !== before.parentUuid && !mayMove)
          refuse('update', `${parentUuid === null ? 'un-parenting' : 're-parenting'} a provider is not currently allowed.`)
        const moved = parentUuid === before.parentUuid ? [] : subtreeOf(uuid, await store.listTree(before.rootUuid, tx.read))
        if (moved.some(one => one.uuid === parentUuid) || parentUuid === uuid)
          refuse('update', 'creating loop in the provider tree is not allowed.')
        const rootUuid = parent?.rootUuid ?? uuid
        const provider: ResourceProvider = { ...before, name: wish.name, parentUuid, rootUuid, changedAt: clock.now() }
        await store.update(tx, provider)
        for (const below of moved) if (below.uuid !== uuid) await store.update(tx, { ...below, rootUuid })
        return provider
      }),

    delete: (uuid: string, cause: Cause): Promise<void> =>
      write(cause, async tx => {
        await store.updateToHold(tx, [uuid])
        const provider = await holdTree(tx, uuid)
        if (!provider) throw new Refusal('not-found', `${notFoundText(uuid)} for delete`)
        if (await store.hasChildren(uuid, tx.read))
          throw new Refusal('conflict', `Unable to delete parent resource provider ${uuid}: It has child resource providers.`, {
            code: codes.cannotDeleteParent,
          })
        if (await store.hasAllocations(uuid, tx.read))
          throw new Refusal('conflict', `Unable to delete resource provider ${uuid}: Resource provider has allocations.`, {
            code: codes.inUse,
          })
        for (const other of others) await other.forgetProvider(tx, uuid)
        await store.delete(tx, provider)
      }),
  }
}

export type ResourceProviderLogic = ReturnType<typeof resourceProviderLogic>

function refuseAction(message: string): never {
  throw new Refusal('invalid', message)
}

function refuseTaken(what: string): never {
  throw new Refusal('conflict', `Conflicting resource provider ${what} already exists.`, { code: codes.duplicateName })
}

/** A provider and all below it, of the providers of one tree. */
function subtreeOf(uuid: string, tree: readonly ResourceProvider[]): readonly ResourceProvider[] {
  const found = tree.filter(one => one.uuid === uuid)
  for (const above of found) found.push(...tree.filter(one => one.parentUuid === above.uuid))
  return found
}
