import { readValue } from '../attributes/attribute/attribute.ts'
import { collection } from '../versions/collection.ts'
import { member } from '../versions/members.ts'
import { wireOf } from '../versions/showing.ts'
import { type AddressGroup, addressGroupAttributes, addressList } from './address-group/address-group.ts'
import type { AddressGroupLogic } from './logic.ts'

export function addressGroupApi(groups: AddressGroupLogic) {
  const declared = {
    name: 'address_group',
    plural: 'address_groups',
    path: '/v2.0/address-groups',
    words: { one: 'an address group', many: 'the address groups' },
    attributes: addressGroupAttributes,
    logic: groups,
  } as const
  const takes = { type: 'object', properties: { addresses: { type: 'array', items: { type: 'string' } } }, required: ['addresses'] }
  const gives = { type: 'object', properties: { address_group: { type: 'object' } } }
  const change = (name: string, summary: string, run: AddressGroupLogic['add']) =>
    member<AddressGroup>({
      collection: declared,
      name,
      summary,
      policy: 'update_address_group',
      takes,
      gives,
      run: async ({ id, body, act }) => ({
        address_group: wireOf(await run(id, readValue('addresses', addressList, body['addresses']), act), addressGroupAttributes),
      }),
    })
  return [
    ...collection<AddressGroup>(declared),
    change('add_addresses', 'Add addresses to a group', groups.add),
    change('remove_addresses', 'Take addresses out of a group', groups.remove),
  ]
}
