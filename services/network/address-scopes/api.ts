import { collection } from '../versions/collection.ts'
import { type AddressScope, addressScopeAttributes } from './address-scope/address-scope.ts'
import type { AddressScopeLogic } from './logic.ts'

export const addressScopeApi = (scopes: AddressScopeLogic) =>
  collection<AddressScope>({
    name: 'address_scope',
    plural: 'address_scopes',
    path: '/v2.0/address-scopes',
    words: { one: 'an address scope', many: 'the address scopes' },
    attributes: addressScopeAttributes,
    logic: scopes,
  })
