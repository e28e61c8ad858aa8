import { collection, type TagKeeper } from '../versions/collection.ts'
import { type Floatingip, floatingipAttributes } from './floatingip/floatingip.ts'
import type { FloatingipLogic } from './logic.ts'

const detailsOf = ({ portDetails: port }: Floatingip) =>
  port && {
    name: port.name,
    network_id: port.networkId,
    mac_address: port.macAddress,
    admin_state_up: port.adminStateUp,
    status: port.status,
    device_id: port.deviceId,
    device_owner: port.deviceOwner,
  }

const forwardingsOf = ({ portForwardings }: Floatingip) =>
  portForwardings.map(one => ({
    id: one.id,
    protocol: one.protocol,
    external_port: one.externalPort,
    internal_port: one.internalPort,
    internal_port_id: one.internalPortId,
    internal_ip_address: one.internalIpAddress,
  }))

export const floatingipApi = (floatingips: FloatingipLogic, tags: TagKeeper) =>
  collection<Floatingip>({
    name: 'floatingip',
    plural: 'floatingips',
    path: '/v2.0/floatingips',
    words: { one: 'a floating address', many: 'the floating addresses' },
    attributes: floatingipAttributes,
    logic: floatingips,
    tags,
    shows: { port_id: ({ fixedPortId }) => fixedPortId, port_details: detailsOf, port_forwardings: forwardingsOf },
  })
