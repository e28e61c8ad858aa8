import type { ServerPorts } from '../contract/ports.ts'
import type { PortFollower } from '../ports/logic/ports.ts'
import { refuseUnknown } from '../refusals/refusal.ts'
import type { Rooms } from './logic/rooms.ts'
import { seatLogic } from './logic/seats.ts'
import { shownPorts } from './logic/shown.ts'
import { awaitWired } from './logic/wired.ts'
import { wishLogic } from './logic/wishes.ts'

/** Ports for servers, as compute asks for them. Each call may be repeated: what is there already is given again. */
export function serverPortLogic(rooms: Rooms) {
  const { store, write } = rooms
  const { wishesOf, mustSuit, groupsOf, freePortsOf, mayMakeNetwork, makeNetwork } = wishLogic(rooms)
  const { seat, rebind, letGo, forgetPort } = seatLogic(rooms)
  const { ofServers, ofPorts } = shownPorts(rooms)

  const contract: ServerPorts = {
    async check(server, wanted) {
      const wishes = await wishesOf(server, wanted)
      if (!wishes) await mayMakeNetwork(server)
      await mustSuit(server, wishes ?? [])
      await groupsOf(server)
      const newPorts = !wishes ? 1 : wishes.filter(({ portId }) => portId === undefined).length
      return { resolved: wishes ?? [], newPorts, freePorts: await freePortsOf(server) }
    },

    async allocateForServer(server, wanted, cause) {
      // Which network was meant where none was named may be another question by now: it was answered when the port was made.
      const before = typeof wanted === 'string' ? (await ofServers([server.id])).get(server.id) : undefined
      if (before) return before
      const wishes = (await wishesOf(server, wanted)) ?? [{ networkId: (await makeNetwork(server, cause)).id }]
      const groups = await groupsOf(server)
      await write(cause, async tx => {
        const there = await store.ofServers([server.id], tx.read)
        for (const [i, wish] of wishes.entries())
          if (!there.some(({ position }) => position === i)) await seat(tx, server, wish, { position: i, groups, cause })
      })
      return (await ofServers([server.id])).get(server.id) ?? []
    },

    async bind(portIds, host, cause) {
      await rebind(portIds, host, cause)
      return ofPorts(portIds)
    },

    unbind: (portIds, cause) => rebind(portIds, '', cause),

    awaitWired: awaitWired(rooms),

    async add(server, wanted, ticket, cause) {
      const groups = await groupsOf(server)
      await write(cause, async tx => {
        const there = await store.ofServers([server.id], tx.read)
        if (there.some(seated => seated.ticket === ticket)) return
        const position = Math.max(-1, ...there.map(seated => seated.position)) + 1
        await seat(tx, server, wanted, { position, groups, ticket, cause })
      })
      const given = (await store.ofServers([server.id])).find(seated => seated.ticket === ticket)
      const [port] = given ? await ofPorts([given.portId]) : []
      return port ?? refuseUnknown('PortNotFound', `Port ${given?.portId} could not be found.`)
    },

    takeBack: (serverId, ticket, cause) =>
      write(cause, async tx => {
        const given = (await store.ofServers([serverId], tx.read)).filter(seated => seated.ticket === ticket)
        if (given.length > 0)
          await letGo(
            tx,
            serverId,
            cause,
            given.map(({ portId }) => portId),
          )
      }),

    deleteFor: (serverId, cause, portIds) => write(cause, tx => letGo(tx, serverId, cause, portIds)),

    ofServers,
    gone: store.gone,
  }

  const follower: PortFollower = { forgetPort }
  return { ...contract, follower }
}
