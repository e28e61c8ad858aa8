import type { Cause } from '@kilonova/platform/cause.ts'
import type { Server } from '../server.ts'
import { dropPort } from '../tasks/ports.ts'
import { nicOf } from '../tasks/wire.ts'
import type { Rooms } from './rooms.ts'

const deadlineMs = 120_000
/** As many servers are compared with the network at a time. */
const pageSize = 400

type Needed = Pick<Rooms, 'cells' | 'network' | 'record' | 'clock'>

/** What the network does to the cables of servers by itself. */
export const losing = ({ cells, network, record, clock }: Needed) => {
  const { store, write } = cells.first

  /** Others deleted a port: its cable is pulled out of the server, as soon as nothing else is done with it. */
  const losePort = (serverId: string, portId: string, cause: Cause): Promise<void> =>
    write(cause, async tx => {
      const server = await store.findUnchecked(serverId, tx.read)
      const nic = server?.nics.find(one => one.portId === portId)
      if (!server || !nic || server.taskState === 'deleting') return
      await record(tx, dropPort, { key: serverId, input: { serverId, nic }, deadlineMs, cause })
    })

  return {
    losePort,

    /** Addresses changed: what is kept of them is what the network says now. */
    async refreshCables(serverId: string, cause: Cause): Promise<void> {
      const ports = (await network?.ports.ofServers([serverId]))?.get(serverId) ?? []
      const now = new Map(ports.map(port => [port.id, nicOf(port)]))
      await write(cause, async tx => {
        const server = await store.findUnchecked(serverId, tx.read)
        const nics: Server['nics'] = server?.nics.map(nic => now.get(nic.portId) ?? nic) ?? []
        if (!server || JSON.stringify(nics) === JSON.stringify(server.nics)) return
        await store.update(tx, { ...server, nics, updatedAt: new Date(clock.now()).toISOString() }, 'wired')
      })
    },

    /** Looks for ports that went while nobody listened. */
    async loseGonePorts(cause: Cause): Promise<void> {
      if (!network) return
      for (let after = ''; ; ) {
        const page = await store.pageOfCables(after, pageSize)
        const gone = new Set(await network.ports.gone(page.flatMap(({ nics }) => nics.map(({ portId }) => portId))))
        for (const { id, nics } of page)
          for (const { portId } of nics.filter(nic => gone.has(nic.portId))) await losePort(id, portId, cause)
        const last = page.at(-1)
        if (!last || page.length < pageSize) return
        after = last.id
      }
    },
  }
}
