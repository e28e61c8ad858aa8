import { everybody, type Viewer, where } from '../../listings/listing.ts'
import type { NetworkLogic } from '../../networks/logic.ts'
import type { Network } from '../../networks/network/network.ts'
import type { PortLogic } from '../../ports/logic/ports.ts'
import type { Port } from '../../ports/port/port.ts'
import { python, repr } from '../../attributes/attribute/attribute.ts'
import { refuseConflict, refuseInput } from '../../refusals/refusal.ts'
import type { Transaction } from '../../tables.ts'
import type { TrunkStore } from '../store.ts'
import type { SubPortWish } from '../trunk/attributes.ts'
import type { SubPort } from '../trunk/trunk.ts'

export interface Rooms {
  readonly store: TrunkStore
  readonly networks: Pick<NetworkLogic, 'getIn'>
  readonly ports: Pick<PortLogic, 'getIn' | 'listIn'>
}

/** Which ports may be inside of a trunk: free ones, each with a tag of its own, of networks whose packets the parent can carry. */
export function subPortsOf({ store, networks, ports }: Rooms) {
  async function mustBeFree(tx: Transaction, port: Port, parent: Port): Promise<void> {
    const there = await store.ofPort(port.id, tx.read)
    if (port.id === parent.id || there?.isParent) refuseParent(port.id)
    if (there) refuseConflict('TrunkPortInUse', `Port ${port.id} is in use by another trunk.`)
    if (port.deviceId !== '')
      refuseConflict(
        'PortInUse',
        `Unable to complete operation on port ${port.id} for network ${port.networkId}. Port already has an attached device ${port.deviceId}.`,
      )
  }

  async function checked(tx: Transaction, wish: SubPortWish, parent: Port, viewer: Viewer): Promise<SubPort> {
    const port = await ports.getIn(tx, wish.portId, viewer)
    const [network, around] = [await networks.getIn(tx, port.networkId, everybody), await networks.getIn(tx, parent.networkId, everybody)]
    if (port.id === parent.id) refuseParent(port.id)
    if (network.mtu > around.mtu)
      refuseConflict(
        'SubPortMtuGreaterThanTrunkPortMtu',
        `MTU ${network.mtu} of subport ${port.id} cannot be greater than MTU ${around.mtu} of trunk ${parent.id}.`,
      )
    const segmentationId = tagOf(wish.segmentationType === 'inherit' ? inherited(wish, network) : wish)
    await mustBeFree(tx, port, parent)
    return { portId: port.id, segmentationType: 'vlan', segmentationId }
  }

  return {
    async checkedAll(tx: Transaction, wishes: readonly SubPortWish[], parent: Port, viewer: Viewer): Promise<readonly SubPort[]> {
      const found: SubPort[] = []
      for (const wish of wishes) found.push(await checked(tx, wish, parent, viewer))
      return found
    },

    of: (tx: Transaction, subPorts: readonly SubPort[]): Promise<readonly Port[]> =>
      subPorts.length === 0 ? Promise.resolve([]) : ports.listIn(tx, where({ id: subPorts.map(({ portId }) => portId) })),
  }
}

export const refuseParent = (portId: string): never =>
  refuseConflict('ParentPortInUse', `Port ${portId} is currently in use and is not eligible for use as a parent port.`)

const inherited = ({ portId }: SubPortWish, { segments: [segment] }: Network): SubPortWish => ({
  portId,
  segmentationType: segment?.networkType,
  segmentationId: segment?.segmentationId,
})

function tagOf({ portId, segmentationType: type, segmentationId: id }: SubPortWish): number {
  if (type === undefined || id === undefined)
    return refuseInput(
      `Invalid subport details '${repr({ port_id: portId })}': missing segmentation information. Must specify both segmentation_id and segmentation_type`,
    ) as never
  const number = typeof id === 'string' && /^\d+$/.test(id) ? Number(id) : id
  if (type !== 'vlan') return refuseInput(`Unknown segmentation_type '${type}'`) as never
  if (typeof number !== 'number' || !Number.isInteger(number))
    return refuseInput(`Invalid subport details: segmentation_id '${python(id)}' is not an integer`) as never
  return number >= 1 && number <= 4094 ? number : refuseInput(`Segmentation ID '${number}' is not in range`)
}
