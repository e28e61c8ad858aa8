import type { Handler } from '@kilonova/platform/bus/bus.ts'
import { handle } from '@kilonova/platform/bus/message.ts'
import type { ServerPorts } from '../contract/ports.ts'
import * as messages from '../contract/remote-ports.ts'

/** What compute asks from another process. The bus is for the cloud's own: who may send there may do all this. */
export const portsInbox = (ports: ServerPorts): readonly Handler[] => [
  handle(messages.checkPorts, async ({ server, wanted }) => {
    const { freePorts, ...checked } = await ports.check(server, wanted)
    return Number.isFinite(freePorts) ? { ...checked, freePorts } : checked
  }),
  handle(messages.allocatePorts, ({ server, wanted }, cause) => ports.allocateForServer(server, wanted, cause)),
  handle(messages.bindPorts, ({ portIds, host }, cause) => ports.bind(portIds, host, cause)),
  handle(messages.unbindPorts, ({ portIds }, cause) => done(ports.unbind(portIds, cause))),
  handle(messages.addPort, ({ server, wanted, ticket }, cause) => ports.add(server, wanted, ticket, cause)),
  handle(messages.takePortBack, ({ serverId, ticket }, cause) => done(ports.takeBack(serverId, ticket, cause))),
  handle(messages.deletePorts, ({ serverId, portIds }, cause) => done(ports.deleteFor(serverId, cause, portIds))),
  handle(messages.portsOfServers, async ({ serverIds }) => Object.fromEntries(await ports.ofServers(serverIds))),
  handle(messages.gonePorts, async ({ portIds }) => ({ gone: await ports.gone(portIds) })),
]

/** Those who wait do so beside all others. */
export const waitsInbox = (ports: Pick<ServerPorts, 'awaitWired'>): readonly Handler[] => [
  handle(messages.awaitPorts, async ({ portIds, deadlineMs }) => ({ late: await ports.awaitWired(portIds, deadlineMs) })),
]
export const waitsAtOnce = 10_000

async function done(work: Promise<void>): Promise<Record<string, never>> {
  await work
  return {}
}
