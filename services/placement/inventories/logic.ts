import type { Cause } from '@kilonova/platform/cause.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { ResourceClassLogic } from '../resource-classes/logic.ts'
import type { ResourceProviderLogic } from '../resource-providers/logic.ts'
import { codes, type ResourceProvider } from '../resource-providers/resource-provider.ts'
import type { Transaction, Write } from '../tables.ts'
import { capacityOf, type Inventory, inUseCode, type Terms } from './inventory.ts'
import type { InventoryStore } from './store.ts'

export interface Rooms {
  readonly store: InventoryStore
  readonly write: Write
  readonly clock: Pick<Clock, 'now'>
  readonly providers: ResourceProviderLogic
  readonly classes: Pick<ResourceClassLogic, 'holdKnown'>
}

/** What a provider shall have, by resource class. */
export type Stock = Readonly<Record<string, Terms>>

/** A provider as it is after the write, with what it has. */
export interface Stocked {
  readonly provider: ResourceProvider
  readonly inventories: readonly Inventory[]
}

/** How strict the caller's version is: before 1.26 something must be left that is not reserved. */
export interface Strictness {
  readonly mayReserveAll: boolean
}

const conflictText = 'resource provider generation conflict'

/** The rules of inventories: written under the provider's generation, something is left to give, what is drawn on stays. */
export function inventoryLogic({ store, write, clock, providers, classes }: Rooms) {
  const of = async (tx: Transaction, uuid: string) => store.list([uuid], tx.read)
  const stepped = async (tx: Transaction, { uuid }: ResourceProvider): Promise<Stocked> => {
    await providers.step(tx, [uuid])
    return { provider: await providers.get(uuid, tx.read), inventories: await of(tx, uuid) }
  }

  /** Replaces what a held provider has. Refusals of what is in use say `prefix` first. */
  async function replaceIn(tx: Transaction, provider: ResourceProvider, stock: Stock, prefix: string): Promise<Stocked> {
    const before = await of(tx, provider.uuid)
    const doomed = before.filter(one => !Object.hasOwn(stock, one.resourceClass))
    const inUse = doomed.filter(one => one.used > 0).map(one => one.resourceClass)
    if (inUse.length > 0) throw new Refusal('conflict', `${prefix}${inUseText(inUse.join(', '), provider.uuid)}`, { code: inUseCode })
    for (const one of doomed) await store.delete(tx, one)
    const changedAt = clock.now()
    for (const [resourceClass, terms] of Object.entries(stock)) {
      const known = before.find(one => one.resourceClass === resourceClass)
      const next: Inventory = { ...terms, providerUuid: provider.uuid, resourceClass, used: known?.used ?? 0, changedAt }
      await (known ? store.update(tx, next) : store.insert(tx, next))
    }
    return stepped(tx, provider)
  }

  return {
    replaceIn,
    listIn: (tx: Transaction, uuids: readonly string[]) => store.list(uuids, tx.read),
    setUsedIn: store.updateUsed,
    renameClass: store.updateClass,
    forgetProvider: store.deleteAll,

    async list(providerUuid: string): Promise<Stocked> {
      return { provider: await providers.get(providerUuid), inventories: await store.list([providerUuid]) }
    },

    async get(providerUuid: string, resourceClass: string): Promise<Stocked> {
      const provider = await providers.get(providerUuid)
      const found = (await store.list([providerUuid])).find(one => one.resourceClass === resourceClass)
      if (!found) throw new Refusal('not-found', `No inventory of class ${resourceClass} for ${providerUuid}`)
      return { provider, inventories: [found] }
    },

    create: (providerUuid: string, resourceClass: string, terms: Terms, strict: Strictness, cause: Cause): Promise<Stocked> =>
      write(cause, async tx => {
        const provider = await providers.holdSeen(tx, providerUuid, conflictText)
        const prefix = `Unable to create inventory for resource provider ${providerUuid}: `
        mustLeaveSomething(provider.uuid, { [resourceClass]: terms }, strict, prefix)
        await classes.holdKnown(tx, [resourceClass], prefix)
        if ((await of(tx, providerUuid)).some(one => one.resourceClass === resourceClass))
          throw new Refusal('conflict', `Update conflict: There is an inventory of class ${resourceClass} already.`, {
            code: codes.concurrentUpdate,
          })
        const inventory: Inventory = { ...terms, providerUuid, resourceClass, used: 0, changedAt: clock.now() }
        await store.insert(tx, inventory)
        const { provider: after } = await stepped(tx, provider)
        return { provider: after, inventories: [inventory] }
      }),

    replace: (providerUuid: string, generation: number, stock: Stock, strict: Strictness, cause: Cause): Promise<Stocked> =>
      write(cause, async tx => {
        const provider = await providers.holdSeen(tx, providerUuid, conflictText, generation)
        await classes.holdKnown(tx, Object.keys(stock), `Unknown resource class in inventory for resource provider ${providerUuid}: `)
        mustLeaveSomething(providerUuid, stock, strict, `Unable to update inventory for resource provider ${providerUuid}: `)
        return replaceIn(tx, provider, stock, 'update conflict: ')
      }),

    update: (
      providerUuid: string,
      { resourceClass, generation, terms }: { readonly resourceClass: string; readonly generation: number; readonly terms: Terms },
      strict: Strictness,
      cause: Cause,
    ): Promise<Stocked> =>
      write(cause, async tx => {
        const provider = await providers.holdSeen(tx, providerUuid, conflictText, generation)
        mustLeaveSomething(
          providerUuid,
          { [resourceClass]: terms },
          strict,
          `Unable to update inventory for resource provider ${providerUuid}: `,
        )
        const before = (await of(tx, providerUuid)).find(one => one.resourceClass === resourceClass)
        if (!before)
          throw new Refusal(
            'invalid',
            `No inventory record with resource class for resource provider ${providerUuid}: No inventory of class ${resourceClass} found.`,
          )
        const inventory: Inventory = { ...before, ...terms, changedAt: clock.now() }
        await store.update(tx, inventory)
        const { provider: after } = await stepped(tx, provider)
        return { provider: after, inventories: [inventory] }
      }),

    delete: (providerUuid: string, resourceClass: string, cause: Cause): Promise<void> =>
      write(cause, async tx => {
        const provider = await providers.holdSeen(tx, providerUuid, conflictText)
        const before = (await of(tx, providerUuid)).find(one => one.resourceClass === resourceClass)
        if (!before)
          throw new Refusal(
            'not-found',
            `No inventory of class ${resourceClass} found for delete: No inventory of class ${resourceClass} found for delete`,
          )
        // NOTE: the code is that of a concurrent update, as clients know it; deleting all says that the inventory is in use.
        if (before.used > 0)
          throw new Refusal('conflict', `Unable to delete inventory of class ${resourceClass}: ${inUseText(resourceClass, providerUuid)}`, {
            code: codes.concurrentUpdate,
          })
        await store.delete(tx, before)
        await providers.step(tx, [provider.uuid])
      }),

    deleteAll: (providerUuid: string, cause: Cause): Promise<void> =>
      write(cause, async tx => {
        await replaceIn(tx, await providers.holdSeen(tx, providerUuid, conflictText), {}, '')
      }),
  }
}

export type InventoryLogic = ReturnType<typeof inventoryLogic>

export const inUseText = (resourceClasses: string, providerUuid: string) =>
  `Inventory for '${resourceClasses}' on resource provider '${providerUuid}' in use.`

function mustLeaveSomething(providerUuid: string, stock: Stock, { mayReserveAll }: Strictness, prefix: string) {
  for (const [resourceClass, terms] of Object.entries(stock)) {
    const capacity = Math.trunc(capacityOf(terms))
    if (mayReserveAll ? capacity < 0 : capacity <= 0)
      throw new Refusal(
        'invalid',
        `${prefix}Invalid inventory for '${resourceClass}' on resource provider '${providerUuid}'. ` +
          `The reserved value is greater than ${mayReserveAll ? '' : 'or equal to '}total.`,
      )
  }
}
