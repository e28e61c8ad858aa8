import { given } from '@kilonova/platform/given.ts'
import type { SharingLogic } from '../rbac-policies/logic/sharing.ts'
import { refuseConflict, refuseInvalid, refuseUnknown } from '../refusals/refusal.ts'
import { type Tools, usualLogic } from '../standards/logic.ts'
import { type Act, mustBeAt } from '../standards/standard/act.ts'
import { revised } from '../standards/standard/standard.ts'
import type { AddressGroup, AddressGroupChange, AddressGroupWish } from './address-group/address-group.ts'
import type { AddressGroupStore } from './store.ts'

export interface Rooms extends Tools {
  readonly store: AddressGroupStore
  readonly sharing: Pick<SharingLogic, 'forget'>
}

const unknown = (id: string): never => refuseUnknown('AddressGroupNotFound', `Address group ${id} could not be found.`)

/** The rules of address groups: addresses are in it once, and one that rules name stays. */
export function addressGroupLogic({ store, sharing, ...tools }: Rooms) {
  const usual = usualLogic<AddressGroup, AddressGroupWish, AddressGroupChange>(tools, {
    store,
    refuseUnknown: unknown,
    make: ({ name, addresses }, standard) => ({ ...standard, name, addresses, shared: false }),
    change: (before, { name, description }) => ({ ...before, ...given({ name, description }) }),
    async mayGo({ id }, tx) {
      if (await store.isInRules(id, tx.read))
        refuseConflict('AddressGroupInUse', `Address group ${id} is in use on one or more security group rules.`)
      await sharing.forget(tx, [id])
    },
  })

  const changeAddresses = (id: string, act: Act, change: (before: readonly string[]) => readonly string[]): Promise<AddressGroup> =>
    tools.write(act.cause, async tx => {
      const before = await usual.holdIn(tx, id, act.viewer)
      mustBeAt(act, before)
      const group = revised({ ...before, addresses: change(before.addresses) }, tools.clock.now())
      await store.update(tx, group)
      return group
    })

  return {
    ...usual,
    mustExist: usual.holdIn,

    add: (id: string, addresses: readonly string[], act: Act) =>
      changeAddresses(id, act, before => {
        const there = addresses.filter(address => before.includes(address))
        if (there.length > 0)
          refuseInvalid('AddressesAlreadyExist', `Addresses ${there.join(', ')} already exist in the address group ${id}.`)
        return [...before, ...addresses]
      }),

    remove: (id: string, addresses: readonly string[], act: Act) =>
      changeAddresses(id, act, before => {
        const missing = addresses.filter(address => !before.includes(address))
        if (missing.length > 0) refuseUnknown('AddressesNotFound', `Addresses ${missing.join(', ')} not found in the address group ${id}.`)
        return before.filter(address => !addresses.includes(address))
      }),
  }
}

export type AddressGroupLogic = ReturnType<typeof addressGroupLogic>
