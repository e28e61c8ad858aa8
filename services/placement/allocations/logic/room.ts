import { Refusal } from '@kilonova/platform/refusal.ts'
import { capacityOf, fitsUnits, type Inventory } from '../../inventories/inventory.ts'
import type { Allocation, Claim } from '../allocation.ts'

/** How much is taken of an inventory when all is done. */
export type Taken = Pick<Inventory, 'providerUuid' | 'resourceClass' | 'used'>

/**
 * What is taken of each inventory after these claims take the place of what their consumers had. Pure; refuses when one consumer asks for
 * an amount that is not given, or all together for more than there is.
 */
export function takenAfter(inventories: readonly Inventory[], before: readonly Allocation[], claims: readonly Claim[]): readonly Taken[] {
  const stock = new Map(inventories.map(one => [keyOf(one.providerUuid, one.resourceClass), one]))
  const used = new Map<string, number>()
  const add = (key: string, amount: number) => used.set(key, (used.get(key) ?? stock.get(key)?.used ?? 0) + amount)
  for (const { providerUuid, resourceClass, used: amount } of before) add(keyOf(providerUuid, resourceClass), -amount)
  for (const { allocations } of claims)
    for (const [providerUuid, amounts] of Object.entries(allocations))
      for (const [resourceClass, amount] of Object.entries(amounts)) {
        const key = keyOf(providerUuid, resourceClass)
        const inventory = stock.get(key)
        if (!inventory)
          throw new Refusal('conflict', `${prefix}Inventory for '${resourceClass}' on resource provider '${providerUuid}' invalid.`)
        add(key, amount)
        const refuse = (why: string): never => {
          const what = `Unable to create allocation for '${resourceClass}' on resource provider '${providerUuid}'.`
          throw new Refusal('conflict', `${prefix}${what} The requested amount would ${why}.`)
        }
        if (!fitsUnits(inventory, amount)) refuse('violate inventory constraints')
        if ((used.get(key) ?? 0) > capacityOf(inventory)) refuse('exceed the capacity')
      }
  return [...used].flatMap(([key, now]) => {
    const inventory = stock.get(key)
    return inventory && inventory.used !== now
      ? [{ providerUuid: inventory.providerUuid, resourceClass: inventory.resourceClass, used: now }]
      : []
  })
}

const prefix = 'Unable to allocate inventory: '

const keyOf = (providerUuid: string, resourceClass: string) => `${providerUuid} ${resourceClass}`
