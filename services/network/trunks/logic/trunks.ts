import { given } from '@kilonova/platform/given.ts'
import { everybody, type Viewer } from '../../listings/listing.ts'
import type { PortFollower, PortLogic } from '../../ports/logic/ports.ts'
import type { Port } from '../../ports/port/port.ts'
import { refuseConflict, refuseUnknown } from '../../refusals/refusal.ts'
import { type Tools, usualLogic } from '../../standards/logic.ts'
import type { Act } from '../../standards/standard/act.ts'
import { revised } from '../../standards/standard/standard.ts'
import type { Transaction } from '../../tables.ts'
import type { SubPortWish, TrunkChange, TrunkWish } from '../trunk/attributes.ts'
import { statusOf, subPortOwner, type SubPort, type Trunk } from '../trunk/trunk.ts'
import { refuseParent, type Rooms as SubPortRooms, subPortsOf } from './sub-ports.ts'

export interface Rooms extends Tools, SubPortRooms {
  readonly ports: Pick<PortLogic, 'getIn' | 'listIn' | 'updateIn'>
}

/** The rules of trunks: a port carries others, which are plugged in where it is and go nowhere by themselves. */
export function trunkLogic({ store, networks, ports, ...tools }: Rooms) {
  const subPorts = subPortsOf({ store, networks, ports })

  const usual = usualLogic<Trunk, TrunkWish, TrunkChange>(tools, {
    store,
    counted: 'trunk',
    refuseUnknown: id => refuseUnknown('TrunkNotFound', `Trunk ${id} could not be found.`),
    async make({ name, adminStateUp, portId, subPorts: wishes }, standard, tx, act) {
      const parent = await mustBeParent(tx, portId, act.viewer)
      const inside = await subPorts.checkedAll(tx, wishes, parent, act.viewer)
      return { ...standard, name, adminStateUp, portId: parent.id, status: 'DOWN', subPorts: inside }
    },
    change: (before, { name, description, adminStateUp }) => ({ ...before, ...given({ name, description, adminStateUp }) }),
    async settled(trunk, wish, tx) {
      if (!('subPorts' in wish)) return
      await store.add(tx, trunk.id, trunk.subPorts)
      await follow(tx, trunk, trunk.subPorts)
    },
    async mayGo(trunk, tx) {
      mustBeEnabled(trunk)
      const parent = await ports.getIn(tx, trunk.portId, everybody)
      if (!canCarry(parent)) refuseConflict('TrunkInUse', `Trunk ${trunk.id} is currently in use.`)
      await letGo(tx, trunk.subPorts)
    },
  })

  async function mustBeParent(tx: Transaction, portId: string, viewer: Viewer): Promise<Port> {
    const port = await ports.getIn(tx, portId, viewer)
    const there = await store.ofPort(port.id, tx.read)
    if (there && !there.isParent) refuseConflict('TrunkPortInUse', `Port ${portId} is in use by another trunk.`)
    return there || !canCarry(port) ? refuseParent(portId) : port
  }

  /** Those inside are plugged in on the host where their parent is. */
  async function follow(tx: Transaction, trunk: Trunk, some: readonly SubPort[]): Promise<void> {
    const parent = await ports.getIn(tx, trunk.portId, everybody)
    if (parent.bindingHostId === '') return
    for (const port of await subPorts.of(tx, some))
      if (port.bindingHostId !== parent.bindingHostId || port.deviceOwner !== subPortOwner)
        await ports.updateIn(tx, port, { bindingHostId: parent.bindingHostId, deviceOwner: subPortOwner }, asItself)
  }

  async function letGo(tx: Transaction, some: readonly SubPort[]): Promise<void> {
    const found = await subPorts.of(tx, some)
    await store.remove(
      tx,
      some.map(({ portId }) => portId),
    )
    for (const port of found)
      if (port.deviceOwner === subPortOwner) await ports.updateIn(tx, port, { bindingHostId: '', deviceOwner: '' }, asItself)
  }

  const changeInside = (id: string, act: Act, change: (tx: Transaction, trunk: Trunk) => Promise<readonly SubPort[]>): Promise<Trunk> =>
    tools.write(act.cause, async tx => {
      await store.hold(tx, id)
      const trunk = await usual.getIn(tx, id, act.viewer)
      mustBeEnabled(trunk)
      const changed = await change(tx, trunk)
      const parent = await ports.getIn(tx, trunk.portId, everybody)
      const status = statusOf(parent, await subPorts.of(tx, changed))
      await store.update(tx, revised({ ...trunk, subPorts: changed, status }, tools.clock.now()))
      return usual.getIn(tx, id, act.viewer)
    })

  /** A trunk's state is that of its ports. */
  async function judge(tx: Transaction, trunkId: string): Promise<void> {
    const trunk = await store.find(trunkId, everybody, tx.read)
    if (!trunk) return
    const parent = await ports.getIn(tx, trunk.portId, everybody)
    const status = statusOf(parent, await subPorts.of(tx, trunk.subPorts))
    if (status !== trunk.status) await store.update(tx, revised({ ...trunk, status }, tools.clock.now()))
  }

  const follower: PortFollower = {
    async holdPort(tx, port) {
      const there = await store.ofPort(port.id, tx.read)
      if (there?.isParent)
        refuseConflict('PortInUseAsTrunkParent', `Port ${port.id} is currently a parent port for trunk ${there.trunkId}.`)
      if (there) refuseConflict('PortInUseAsSubPort', `Port ${port.id} is currently a subport for trunk ${there.trunkId}.`)
    },

    async settlePort(tx, port, before) {
      if (port.bindingHostId === before.bindingHostId && port.status === before.status && port.bindingVifType === before.bindingVifType)
        return
      const there = await store.ofPort(port.id, tx.read)
      if (!there) return
      const trunk = await store.find(there.trunkId, everybody, tx.read)
      if (there.isParent && trunk && port.bindingHostId !== before.bindingHostId) await move(tx, trunk, port.bindingHostId)
      await judge(tx, there.trunkId)
    },

    async forgetPort(tx, port) {
      const there = await store.ofPort(port.id, tx.read)
      const trunk = there && (await store.find(there.trunkId, everybody, tx.read))
      if (!trunk) return
      if (!there.isParent) return void (await store.remove(tx, [port.id]))
      await letGo(tx, trunk.subPorts)
      await tools.tags.forget(tx, trunk.id)
      await store.delete(tx, trunk)
      await tools.quotas.give(tx, trunk.projectId, 'trunk')
    },
  }

  async function move(tx: Transaction, trunk: Trunk, host: string): Promise<void> {
    const deviceOwner = host === '' ? '' : subPortOwner
    for (const port of await subPorts.of(tx, trunk.subPorts)) await ports.updateIn(tx, port, { bindingHostId: host, deviceOwner }, asItself)
  }

  return {
    ...usual,
    follower,

    addSubPorts: (id: string, wishes: readonly SubPortWish[], act: Act): Promise<Trunk> =>
      changeInside(id, act, async (tx, trunk) => {
        if (trunk.status === 'ERROR')
          refuseConflict('TrunkInErrorState', `Trunk ${id} is in error state. Attempt to resolve the error condition before proceeding.`)
        const parent = await ports.getIn(tx, trunk.portId, everybody)
        const added = await subPorts.checkedAll(tx, wishes, parent, act.viewer)
        for (const { segmentationType, segmentationId } of added)
          if (trunk.subPorts.some(one => one.segmentationId === segmentationId))
            refuseConflict(
              'DuplicateSubPort',
              `segmentation_type ${segmentationType} and segmentation_id ${segmentationId} already in use on trunk ${id}.`,
            )
        await store.add(tx, id, added)
        await follow(tx, trunk, added)
        return [...trunk.subPorts, ...added]
      }),

    removeSubPorts: (id: string, wishes: readonly SubPortWish[], act: Act): Promise<Trunk> =>
      changeInside(id, act, async (tx, trunk) => {
        const gone = wishes.map(
          ({ portId }) =>
            trunk.subPorts.find(one => one.portId === portId) ??
            refuseUnknown('SubPortNotFound', `SubPort ${portId} on trunk ${id} could not be found.`),
        )
        await letGo(tx, gone)
        return trunk.subPorts.filter(one => !gone.includes(one))
      }),
  }
}

export type TrunkLogic = ReturnType<typeof trunkLogic>

/** The cloud's own hand. */
const asItself = { viewer: everybody }

/** A port can carry others where it is plugged into a bridge, or is not plugged in yet. */
const canCarry = ({ bindingHostId, bindingVifType }: Port): boolean => bindingHostId === '' || bindingVifType === 'bridge'

function mustBeEnabled({ id, adminStateUp }: Trunk): void {
  if (!adminStateUp) refuseConflict('TrunkDisabled', `Trunk ${id} is currently disabled.`)
}
