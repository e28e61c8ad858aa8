import { collection } from '../versions/collection.ts'
import { member } from '../versions/members.ts'
import { wireOf } from '../versions/showing.ts'
import type { BindingLogic } from './logic.ts'
import { bindingAttributes, type PortBinding } from './port-binding/port-binding.ts'

export const bindingApi = (bindings: BindingLogic) => {
  const declared = {
    name: 'binding',
    plural: 'bindings',
    rule: 'port_binding',
    path: '/v2.0/ports/{port_id}/bindings',
    param: 'host',
    words: { one: 'a binding of a port', many: 'the bindings of a port' },
    attributes: bindingAttributes,
    logic: bindings,
  }
  return [
    ...collection<PortBinding>(declared),
    member<PortBinding>({
      collection: declared,
      name: 'activate',
      summary: 'Say that the guest of a port is on this host now',
      policy: 'activate_port_binding',
      gives: { type: 'object' },
      run: async ({ id, act }) => wireOf(await bindings.activate(id, act), bindingAttributes),
    }),
  ]
}
