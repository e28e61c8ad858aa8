import type { Cause } from '@kilonova/platform/cause.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { InventoryLogic, Stock } from '../../inventories/logic.ts'
import type { ResourceClassLogic } from '../../resource-classes/logic.ts'
import { unknownClassText } from '../../resource-classes/resource-class/resource-class.ts'
import type { ResourceProviderLogic } from '../../resource-providers/logic.ts'
import { codes, notFoundText, type ResourceProvider } from '../../resource-providers/resource-provider.ts'
import type { Transaction, Write } from '../../tables.ts'
import type { Allocation, Claim, Consumer } from '../allocation.ts'
import type { AllocationStore } from '../store.ts'
import { takenAfter } from './room.ts'

export interface Rooms {
  readonly store: AllocationStore
  readonly write: Write
  readonly clock: Pick<Clock, 'now'>
  readonly providers: ResourceProviderLogic
  readonly inventories: InventoryLogic
  readonly classes: Pick<ResourceClassLogic, 'findUnknown'>
  /** Two requests made one consumer at the same moment: the database let one of them through. */
  isCollision(error: unknown): boolean
  /** How often the other is tried anew. */
  readonly attempts: number
}

/** What a provider shall have, and the generation of it that the writer has seen. */
export interface Reshaping {
  readonly providerUuid: string
  readonly generation: number
  readonly stock: Stock
}

/** What a consumer takes, with the providers as they are. */
export interface Taking {
  readonly consumer: Consumer | undefined
  readonly allocations: readonly Allocation[]
  readonly providers: readonly ResourceProvider[]
}

/**
 * The rules of allocations. Nobody ever gets more than there is: a claim holds its consumers, then all providers it takes from or gives
 * back to, and only then looks at what is left; every other writer of these does the same.
 */
export function allocationLogic({ store, write, clock, providers, inventories, classes, isCollision, attempts }: Rooms) {
  async function patiently<R>(cause: Cause, work: (tx: Transaction) => Promise<R>): Promise<R> {
    for (let attempt = 1; ; attempt++)
      try {
        return await write(cause, work)
      } catch (error) {
        if (!isCollision(error)) throw error
        if (attempt >= attempts)
          throw new Refusal(
            'conflict',
            'Inventory and/or allocations changed while attempting to allocate: Another request made the same consumer. Please retry your update',
            { code: codes.concurrentUpdate, cause: error },
          )
      }
  }

  /** Holds the consumers of claims and tells who they were, after a look at their generations. */
  async function holdConsumers(tx: Transaction, claims: readonly Claim[]): Promise<readonly Consumer[]> {
    const uuids = claims.map(one => one.consumerUuid)
    await store.updateToHold(tx, uuids.toSorted())
    const known = await store.listConsumers(uuids, tx.read)
    for (const { consumerUuid, generation } of claims) {
      const expected = known.find(one => one.uuid === consumerUuid)?.generation ?? null
      if (generation !== undefined && generation !== expected)
        throw new Refusal('conflict', `consumer generation conflict - expected ${expected} but got ${generation ?? 'None'}`, {
          code: codes.concurrentUpdate,
        })
    }
    return known
  }

  /** Puts claims in the place of what their held consumers had. */
  async function claimIn(tx: Transaction, claims: readonly Claim[], known: readonly Consumer[], textOfUnknown: (why: string) => string) {
    const before = await store.listOfConsumers(
      known.map(one => one.uuid),
      tx.read,
    )
    const wanted = new Set(claims.flatMap(({ allocations }) => Object.keys(allocations)))
    await providers.hold(tx, [...wanted, ...before.map(one => one.providerUuid)])
    const there = new Set((await providers.listByUuids([...wanted], tx.read)).map(one => one.uuid))
    const missing = [...wanted].find(uuid => !there.has(uuid))
    if (missing !== undefined) throw new Refusal('invalid', `Allocation for resource provider '${missing}' that does not exist.`)
    const names = new Set(claims.flatMap(({ allocations }) => Object.values(allocations).flatMap(amounts => Object.keys(amounts))))
    const unknown = await classes.findUnknown([...names], tx.read)
    if (unknown !== undefined) throw new Refusal('invalid', textOfUnknown(unknownClassText(unknown)))
    const stock = await inventories.listIn(tx, [...new Set([...wanted, ...before.map(one => one.providerUuid)])])
    await inventories.setUsedIn(tx, takenAfter(stock, before, claims))
    for (const claim of claims) await keep(tx, claim, known)
    const emptied = new Set(claims.filter(isEmpty).map(one => one.consumerUuid))
    const released = before.filter(one => emptied.has(one.consumerUuid)).map(one => one.providerUuid)
    await providers.step(tx, [...new Set([...wanted, ...released])])
  }

  async function keep(tx: Transaction, claim: Claim, known: readonly Consumer[]) {
    const before = known.find(one => one.uuid === claim.consumerUuid)
    if (isEmpty(claim)) {
      if (before) await store.delete(tx, before)
      return
    }
    const consumer: Consumer = {
      uuid: claim.consumerUuid,
      generation: (before?.generation ?? 0) + 1,
      projectId: claim.projectId,
      userId: claim.userId,
      type: claim.type ?? before?.type ?? null,
    }
    await store.replace(tx, before, consumer, allocationsOf(claim, clock.now()))
  }

  return {
    async ofConsumer(uuid: string): Promise<Taking> {
      const [allocations, [consumer]] = await Promise.all([store.listOfConsumers([uuid]), store.listConsumers([uuid])])
      const uuids = [...new Set(allocations.map(one => one.providerUuid))]
      return { consumer, allocations, providers: await providers.listByUuids(uuids) }
    },

    /** What each of these takes; nothing is said of those who take nothing. */
    async ofConsumers(uuids: readonly string[]): Promise<{ consumers: readonly Consumer[]; allocations: readonly Allocation[] }> {
      const [allocations, consumers] = await Promise.all([store.listOfConsumers(uuids), store.listConsumers(uuids)])
      return { consumers, allocations }
    },

    async ofProvider(uuid: string) {
      const provider = await providers.get(uuid)
      return { provider, allocations: await store.listOfProvider(uuid) }
    },

    /** All claims or none. */
    claim: (claims: readonly Claim[], textOfUnknown: (why: string) => string, cause: Cause): Promise<void> =>
      patiently(cause, async tx => claimIn(tx, claims, await holdConsumers(tx, claims), textOfUnknown)),

    release: (consumerUuid: string, cause: Cause): Promise<void> =>
      patiently(cause, async tx => {
        await store.updateToHold(tx, [consumerUuid])
        const [consumer] = await store.listConsumers([consumerUuid], tx.read)
        if (!consumer) throw new Refusal('not-found', `No allocations for consumer '${consumerUuid}'`)
        const before = await store.listOfConsumers([consumerUuid], tx.read)
        const uuids = before.map(one => one.providerUuid)
        await providers.hold(tx, uuids)
        await inventories.setUsedIn(tx, takenAfter(await inventories.listIn(tx, uuids), before, []))
        await store.delete(tx, consumer)
      }),

    /** Moves inventories and what is taken of them in one step: first all that was and shall be, then the claims, then what shall be alone. */
    reshape: (reshapings: readonly Reshaping[], claims: readonly Claim[], cause: Cause): Promise<void> =>
      patiently(cause, async tx => {
        const known = await holdConsumers(tx, claims)
        const before = await store.listOfConsumers(
          known.map(one => one.uuid),
          tx.read,
        )
        const taken = claims.flatMap(({ allocations }) => Object.keys(allocations))
        const uuids = reshapings.map(one => one.providerUuid)
        await providers.hold(tx, [...uuids, ...taken, ...before.map(one => one.providerUuid)])
        const held = new Map((await providers.listByUuids(uuids, tx.read)).map(one => [one.uuid, one]))
        for (const { providerUuid, generation, stock } of reshapings) {
          const provider = mustBeSeen(held.get(providerUuid), providerUuid, generation)
          const unknown = await classes.findUnknown(Object.keys(stock), tx.read)
          if (unknown !== undefined) throw new Refusal('invalid', `malformed reshaper data: ${unknownClassText(unknown)}`)
          if (Object.keys(stock).length === 0) continue
          const old = Object.fromEntries((await inventories.listIn(tx, [providerUuid])).map(one => [one.resourceClass, one]))
          await inventories.replaceIn(tx, provider, { ...old, ...stock }, 'update conflict: ')
        }
        await claimIn(tx, claims, known, why => `malformed reshaper data: ${why}`)
        for (const { providerUuid, stock } of reshapings)
          await inventories.replaceIn(tx, await providers.get(providerUuid, tx.read), stock, 'update conflict: ')
      }),
  }
}

export type AllocationLogic = ReturnType<typeof allocationLogic>

const isEmpty = ({ allocations }: Claim) => Object.keys(allocations).length === 0

const allocationsOf = ({ consumerUuid, allocations }: Claim, changedAt: number): readonly Allocation[] =>
  Object.entries(allocations).flatMap(([providerUuid, amounts]) =>
    Object.entries(amounts).map(([resourceClass, used]) => ({ consumerUuid, providerUuid, resourceClass, used, changedAt })),
  )

function mustBeSeen(provider: ResourceProvider | undefined, uuid: string, given: number): ResourceProvider {
  if (!provider)
    throw new Refusal('invalid', `Resource provider ${uuid} in inventories not found: ${notFoundText(uuid)}`, {
      code: codes.notFound,
    })
  if (provider.generation !== given)
    throw new Refusal(
      'conflict',
      `resource provider generation conflict for provider ${uuid}: actual: ${provider.generation}, given: ${given}`,
      { code: codes.concurrentUpdate },
    )
  return provider
}
