import type { ServerPort } from '@kilonova/network/contract/ports.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Server } from '../server.ts'
import { nicOf } from '../tasks/wire.ts'
import type { Rooms } from './rooms.ts'

/** A server with its cables as they are now, and the names of the security groups they are in. */
export interface Cabled {
  readonly server: Server
  readonly groupNames: readonly string[]
}

/** Addresses and groups change at the network service without compute: one look tells of all servers of a list. */
export const cabling =
  ({ network, unheard }: Pick<Rooms, 'network' | 'unheard'>) =>
  async (servers: readonly Server[]): Promise<readonly Cabled[]> => {
    const wired = servers.filter(({ nics }) => nics.length > 0).map(({ id }) => id)
    // While the network service is away, what it said last is shown, as Nova shows what it keeps; anything else that goes wrong is told.
    const lastKnown = (error: unknown) => {
      if (!(error instanceof Refusal) || error.kind !== 'unavailable') throw error
      unheard(error, wired.length)
      return undefined
    }
    const now = network && wired.length > 0 ? await network.ports.ofServers(wired).catch(lastKnown) : undefined
    return servers.map(server => cabled(server, now?.get(server.id)))
  }

function cabled(server: Server, ports: readonly ServerPort[] | undefined): Cabled {
  if (ports === undefined) return { server, groupNames: server.request.securityGroups }
  const names = ports.flatMap(({ securityGroups }) => securityGroups.map(({ name }) => name))
  return { server: { ...server, nics: ports.map(nicOf) }, groupNames: [...new Set(names)] }
}
