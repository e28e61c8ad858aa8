import { given } from '@kilonova/platform/given.ts'
import type { SharingLogic } from '../rbac-policies/logic/sharing.ts'
import { refuseConflict, refuseInvalid, refuseUnknown } from '../refusals/refusal.ts'
import { type Tools, usualLogic } from '../standards/logic.ts'
import type { AddressScope, AddressScopeChange, AddressScopeWish } from './address-scope/address-scope.ts'
import type { AddressScopeStore } from './store.ts'

export interface Rooms extends Tools {
  readonly store: AddressScopeStore
  readonly sharing: Pick<SharingLogic, 'forget' | 'openToAll'>
}

/** The rules of address scopes: one that is shared stays shared, and one with pools stays. */
export const addressScopeLogic = ({ store, sharing, ...tools }: Rooms) =>
  usualLogic<AddressScope, AddressScopeWish, AddressScopeChange>(tools, {
    store,
    refuseUnknown: id => refuseUnknown('AddressScopeNotFound', `Address scope ${id} could not be found.`),
    make: ({ name, ipVersion, shared }, standard) => ({ ...standard, name, ipVersion, shared }),
    change(before, { name, description, shared }) {
      if (before.shared && shared === false)
        refuseInvalid('AddressScopeUpdateError', `Unable to update address scope ${before.id} : Shared address scope can't be unshared.`)
      return { ...before, ...given({ name, description }) }
    },
    async settled({ id, projectId }, { shared }, tx) {
      if (shared) await sharing.openToAll(tx, { objectType: 'address_scope', objectId: id, projectId, action: 'access_as_shared' })
    },
    async mayGo({ id }, tx) {
      if (await store.isInPools(id, tx.read))
        refuseConflict(
          'AddressScopeInUse',
          `Unable to complete operation on address scope ${id}. There are one or more subnet pools in use on the address scope.`,
        )
      await sharing.forget(tx, [id])
    },
  })

export type AddressScopeLogic = ReturnType<typeof addressScopeLogic>
