import type { Cause } from '@kilonova/platform/cause.ts'
import type { RequestedNetwork, ServerOfPorts } from '../../contract/ports.ts'
import { everybody, where } from '../../listings/listing.ts'
import { bareWish } from '../../ports/port/attributes.ts'
import type { Port } from '../../ports/port/port.ts'
import { refuseConflict } from '../../refusals/refusal.ts'
import type { Transaction } from '../../tables.ts'
import { elevated, type Rooms, viewerOf } from './rooms.ts'

/** Which ports a server has, and which of them were made for it. */
export function seatLogic({ store, write, ports }: Pick<Rooms, 'store' | 'write' | 'ports'>) {
  async function seat(
    tx: Transaction,
    server: ServerOfPorts,
    wish: RequestedNetwork,
    more: { position: number; groups: readonly string[] | undefined; ticket?: string; cause: Cause },
  ) {
    const kept = { serverId: server.id, position: more.position, tag: wish.tag ?? null, ticket: more.ticket ?? null }
    const owner = { deviceId: server.id, deviceOwner: `compute:${server.availabilityZone}` }
    const act = elevated(more.cause)
    if (wish.portId !== undefined) {
      const port = await ports.getIn(tx, wish.portId, viewerOf(server))
      if (port.deviceId !== '') refuseConflict('PortInUse', `Port ${port.id} is still in use.`)
      await ports.updateIn(tx, port, owner, act)
      return store.insert(tx, { ...kept, portId: port.id, isPreserved: true })
    }
    const made = await ports.createIn(
      tx,
      bareWish({
        networkId: wish.networkId ?? '',
        projectId: server.projectId,
        ...owner,
        ...(wish.fixedIp === undefined ? {} : { fixedIps: [{ ipAddress: wish.fixedIp }] }),
        ...(more.groups === undefined ? {} : { securityGroups: more.groups }),
      }),
      { ...act, viewer: viewerOf(server) },
    )
    return store.insert(tx, { ...kept, portId: made.id, isPreserved: false })
  }

  const rebind = (portIds: readonly string[], host: string, cause: Cause): Promise<void> =>
    write(cause, async tx => {
      for (const id of portIds) {
        const port = await ports.getIn(tx, id, everybody)
        if (port.bindingHostId !== host || (host !== '' && port.bindingVifType !== 'bridge'))
          await ports.updateIn(tx, port, { bindingHostId: host }, elevated(cause))
      }
    })

  /** Ports that were made for the server go; those that it only used are free again. */
  async function letGo(tx: Transaction, serverId: string, cause: Cause, portIds?: readonly string[]): Promise<void> {
    const seats = await store.ofServers([serverId], tx.read)
    const found = await ports.listIn(tx, where({ device_id: [serverId] }))
    const mine = found.filter(({ id }) => portIds === undefined || portIds.includes(id))
    // First, so that nobody is told to let go of what is let go here.
    await store.delete(
      tx,
      mine.map(({ id }) => id),
    )
    for (const port of mine) {
      const made = seats.some(({ portId, isPreserved }) => portId === port.id && !isPreserved)
      if (made) await ports.deleteIn(tx, port)
      else await ports.updateIn(tx, port, { deviceId: '', deviceOwner: '', bindingHostId: '' }, elevated(cause))
    }
  }

  /** A port that goes by other hands while a server has it. */
  async function forgetPort(tx: Transaction, { id, projectId }: Port): Promise<void> {
    const seated = await store.ofPort(id, tx.read)
    if (seated) await store.lose(tx, seated, projectId)
  }

  return { seat, rebind, letGo, forgetPort }
}
