import type { Cause } from '@kilonova/platform/cause.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { ApiWrite } from '../tables/api.ts'
import type { ServerGroup } from './server-group.ts'
import type { ServerGroupStore } from './store.ts'

export interface Rooms {
  readonly store: ServerGroupStore
  readonly write: ApiWrite
  readonly clock: Pick<Clock, 'now'>
  readonly chance: Pick<Chance, 'uuid'>
  /** Refuses who has as many as they may. */
  readonly quotas: { mustAllowServerGroup(projectId: string, userId: string): Promise<void> }
}

export const serverGroupLogic = ({ store, write, clock, chance, quotas }: Rooms) => ({
  list: (projectId: string | undefined) => store.list(projectId),

  async get(id: string): Promise<ServerGroup> {
    const group = await store.find(id)
    if (!group) throw new Refusal('not-found', `Instance group ${id} could not be found.`)
    return group
  },

  async create(wish: Omit<ServerGroup, 'id' | 'members' | 'createdAt'>, cause: Cause): Promise<ServerGroup> {
    if (wish.rules['max_server_per_host'] !== undefined && wish.policy !== 'anti-affinity')
      throw new Refusal('invalid', 'Only anti-affinity policy supports rules.')
    await quotas.mustAllowServerGroup(wish.projectId, wish.userId)
    const group = { ...wish, id: chance.uuid(), members: [], createdAt: new Date(clock.now()).toISOString() }
    return write(cause, async tx => {
      await store.insert(tx, group)
      return group
    })
  },

  listOf: (serverId: string) => store.listOf(serverId),

  join: (group: ServerGroup, serverIds: readonly string[], cause: Cause): Promise<void> =>
    write(cause, async tx => void (await store.join(tx, group, serverIds))),

  leave: (serverId: string, cause: Cause): Promise<void> => write(cause, async tx => void (await store.leave(tx, serverId))),

  delete: (group: ServerGroup, cause: Cause): Promise<void> => write(cause, async tx => void (await store.delete(tx, group))),
})

export type ServerGroupLogic = ReturnType<typeof serverGroupLogic>
