import { everybody, type Viewer, type Wanted } from '../listings/listing.ts'
import type { NetworkLogic } from '../networks/logic.ts'
import { bindingTo, type Hosts } from '../ports/logic/binding.ts'
import type { PortFollower, PortLogic } from '../ports/logic/ports.ts'
import type { Port, VnicType } from '../ports/port/port.ts'
import { refuseBadRequest, refuseConflict, refuseExhausted, refuseUnknown } from '../refusals/refusal.ts'
import { allOrNone } from '../standards/logic.ts'
import type { Act, Within } from '../standards/standard/act.ts'
import type { Transaction, Write } from '../tables.ts'
import type { BindingChange, BindingWish, PortBinding } from './port-binding/port-binding.ts'
import type { BindingStore } from './store.ts'

export interface Rooms {
  readonly store: BindingStore
  readonly write: Write
  readonly ports: Pick<PortLogic, 'get' | 'getIn' | 'updateIn'>
  readonly networks: Pick<NetworkLogic, 'getIn'>
  readonly hosts: Hosts
}

/** The rules of bindings: a guest's port is plugged in at one place, and made ready at others where the guest may go. */
export function bindingLogic({ store, write, ports, networks, hosts }: Rooms) {
  const idOf = (within: Within) => within['port_id'] ?? ''

  async function allOf(port: Port, tx?: Transaction): Promise<readonly PortBinding[]> {
    const { id: portId, projectId } = port
    const beside = await store.ofPort(portId, tx?.read)
    return [...activeOf(port), ...beside.map(one => ({ ...one, id: one.host, projectId, status: 'INACTIVE' as const }))]
  }

  async function get(host: string, viewer: Viewer, within: Within, tx?: Transaction): Promise<PortBinding> {
    const port = mustBeGuests(await (tx ? ports.getIn(tx, idOf(within), viewer) : ports.get(idOf(within), viewer)))
    return (await allOf(port, tx)).find(one => one.host === host) ?? refuseWithout(port.id, host)
  }

  /** How the port would be plugged in there; refused when it cannot. */
  async function placed(tx: Transaction, port: Port, host: string, vnicType: VnicType) {
    const network = await networks.getIn(tx, port.networkId, everybody)
    const { bindingVifType: vifType, bindingVifDetails: vifDetails } = await bindingTo(host, { bindingVnicType: vnicType }, network, {
      tx,
      hosts,
    })
    if (vifType === 'binding_failed')
      refuseExhausted('PortBindingError', `Binding for port ${port.id} on host ${host} could not be created or updated.`)
    return { vifType, vifDetails }
  }

  async function createIn(tx: Transaction, { host, vnicType, profile }: BindingWish, act: Act): Promise<PortBinding> {
    const port = mustBeGuests(await ports.getIn(tx, idOf(act.within), act.viewer))
    const there = await allOf(port, tx)
    if (there.some(one => one.host === host))
      refuseConflict('PortBindingAlreadyExists', `Binding for port ${port.id} on host ${host} already exists.`)
    const place = await placed(tx, port, host, vnicType)
    if (there.length === 0) {
      const change = { bindingHostId: host, bindingVnicType: vnicType, bindingProfile: profile ?? {} }
      const [active] = activeOf(await ports.updateIn(tx, port, change, { viewer: everybody }))
      return active ?? refuseWithout(port.id, host)
    }
    const binding = {
      id: host,
      portId: port.id,
      projectId: port.projectId,
      host,
      status: 'INACTIVE' as const,
      vnicType,
      profile: profile ?? {},
    }
    await store.insert(tx, { ...binding, ...place })
    return { ...binding, ...place }
  }

  const follower: PortFollower = {
    /** Where the port is plugged in it is not made ready any more. */
    async settlePort(tx, port, before) {
      const isElsewhere = port.bindingHostId !== '' && port.bindingHostId !== before.bindingHostId
      if (isElsewhere) await store.delete(tx, port.id, port.bindingHostId)
    },
    forgetPort: (tx, port) => store.delete(tx, port.id),
  }

  return {
    follower,

    async list({ filters }: Wanted, viewer: Viewer, within: Within): Promise<readonly PortBinding[]> {
      const found = await allOf(mustBeGuests(await ports.get(idOf(within), viewer)))
      return found.filter(one =>
        (['host', 'status', 'vif_type', 'vnic_type'] as const).every(name => filters[name]?.includes(fieldOf(one, name)) ?? true),
      )
    },
    get: (host: string, viewer: Viewer, within: Within) => get(host, viewer, within),

    create: allOrNone(write, createIn),

    update: (host: string, change: BindingChange, act: Act): Promise<PortBinding> =>
      write(act.cause, async tx => {
        const port = mustBeGuests(await ports.getIn(tx, idOf(act.within), act.viewer))
        const before = await get(host, act.viewer, act.within, tx)
        const vnicType = change.vnicType ?? before.vnicType
        const profile = change.profile === undefined ? before.profile : (change.profile ?? {})
        const binding = { ...before, vnicType, profile, ...(await placed(tx, port, host, vnicType)) }
        if (before.status === 'INACTIVE') await store.update(tx, binding)
        else await ports.updateIn(tx, port, { bindingVnicType: vnicType, bindingProfile: profile }, { viewer: everybody })
        return binding
      }),

    delete: (host: string, act: Act): Promise<void> =>
      write(act.cause, async tx => {
        const { status, portId } = await get(host, act.viewer, act.within, tx)
        if (status === 'INACTIVE') return void (await store.delete(tx, portId, host))
        await ports.updateIn(tx, await ports.getIn(tx, portId, act.viewer), { bindingHostId: '' }, { viewer: everybody })
      }),

    /** The guest has come here: where it was before, the port is only ready any more. */
    activate: (host: string, act: Act): Promise<PortBinding> =>
      write(act.cause, async tx => {
        const port = mustBeGuests(await ports.getIn(tx, idOf(act.within), act.viewer))
        const all = await allOf(port, tx)
        const [wanted, left] = [all.find(one => one.host === host), all.find(({ status }) => status === 'ACTIVE')]
        if (wanted && wanted === left)
          refuseConflict('PortBindingAlreadyActive', `Binding for port ${port.id} on host ${host} is already active.`)
        if (!wanted) return refuseWithout(port.id, host)
        const { vnicType, profile } = wanted
        const change = { bindingHostId: host, bindingVnicType: vnicType, bindingProfile: profile }
        const moved = await ports.updateIn(tx, port, change, { viewer: everybody })
        if (left) await store.insert(tx, { ...left, status: 'INACTIVE' })
        return activeOf(moved)[0] ?? refuseWithout(port.id, host)
      }),
  }
}

export type BindingLogic = ReturnType<typeof bindingLogic>

const activeOf = (port: Port): readonly PortBinding[] =>
  port.bindingHostId === ''
    ? []
    : [
        {
          ...{ id: port.bindingHostId, portId: port.id, projectId: port.projectId, host: port.bindingHostId, status: 'ACTIVE' },
          ...{ vnicType: port.bindingVnicType, profile: port.bindingProfile },
          ...{ vifType: port.bindingVifType, vifDetails: port.bindingVifDetails },
        },
      ]

const fieldOf = (one: PortBinding, name: 'host' | 'status' | 'vif_type' | 'vnic_type'): string =>
  ({ host: one.host, status: one.status, vif_type: one.vifType, vnic_type: one.vnicType })[name]

const refuseWithout = (portId: string, host: string): never =>
  refuseUnknown('PortBindingNotFound', `Binding for port ${portId} for host ${host} could not be found.`)

/** Only guests move while they run. */
const mustBeGuests = (port: Port): Port =>
  port.deviceOwner.startsWith('compute:')
    ? port
    : refuseBadRequest('port', `Invalid port ${port.id}. Operation only valid on compute ports`)
