import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Server } from '../server.ts'
import { hindrance } from '../states.ts'
import type { Rooms } from './rooms.ts'

/** What only several hosts can do. Nothing moves between hosts while it runs, and nothing is taken from a host that is gone. */
export const moving = ({ services }: Pick<Rooms, 'services'>, refuseAlone: (server: Server) => Promise<void>) => {
  const mustMay = (action: 'liveMigrate' | 'evacuate', server: Server) => {
    const why = hindrance(action, server)
    if (why !== undefined) throw new Refusal('conflict', why)
  }
  const known = async (host: string) => (await services.list()).find(one => one.binary === 'nova-compute' && one.host === host)

  return {
    async liveMigrate(server: Server, host: string | undefined, isAdmin: boolean): Promise<never> {
      if (server.lockedBy !== null && !isAdmin) throw new Refusal('conflict', `Instance ${server.id} is locked`)
      mustMay('liveMigrate', server)
      if (host !== undefined && !(await known(host))) throw new Refusal('invalid', `Compute host ${host} could not be found.`)
      if (host === server.host) throw new Refusal('invalid', `Unable to migrate instance (${server.id}) to current host (${server.host}).`)
      await refuseAlone(server)
      throw new Refusal('invalid', 'Migration pre-check error: Servers do not move between hosts here while they run.')
    },

    async evacuate(server: Server, host: string | undefined): Promise<never> {
      if (host !== undefined && !(await known(host))) throw new Refusal('not-found', `Compute host ${host} not found.`)
      if (host !== undefined && host === server.host) throw new Refusal('invalid', "The target host can't be the same one.")
      mustMay('evacuate', server)
      const own = server.host === null ? undefined : await known(server.host)
      if (own && services.isUp(own)) throw new Refusal('invalid', `Compute service of ${server.host} is still in use.`)
      await refuseAlone(server)
      throw new Refusal('invalid', 'No valid host was found. Servers are not taken from hosts that are gone.')
    },
  }
}
