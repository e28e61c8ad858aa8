import type { FloatingipLogic } from '../floatingips/logic.ts'
import { ownedBy } from '../versions/parents.ts'
import { collection } from '../versions/collection.ts'
import type { PortForwardingLogic } from './logic.ts'
import { type PortForwarding, portForwardingAttributes } from './port-forwarding/port-forwarding.ts'

export const portForwardingApi = (forwardings: PortForwardingLogic, floatingips: FloatingipLogic) =>
  collection<PortForwarding>({
    name: 'port_forwarding',
    plural: 'port_forwardings',
    rule: 'floatingip_port_forwarding',
    path: '/v2.0/floatingips/{floatingip_id}/port_forwardings',
    param: 'port_forwarding_id',
    words: { one: 'a port forwarding', many: 'the port forwardings of a floating address' },
    attributes: portForwardingAttributes,
    logic: forwardings,
    besides: ownedBy('floatingip_id', floatingips.get),
  })
