import type { ComputeInside } from '@kilonova/compute/main.ts'
import type { Bus } from '@kilonova/platform/bus/bus.ts'
import { ask, handle } from '@kilonova/platform/bus/message.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import type { Cause } from '@kilonova/platform/cause.ts'

/** What clients of a simulated cloud say to its API, over a bus where requests and answers are lost, come twice and come late. */
export const create = ask<{ name: string; count: number; groupId?: string | undefined }, { ids: readonly string[] }>('story.create', 1)
export const createGroup = ask<{ name: string }, { id: string }>('story.createGroup', 1)
export const remove = ask<{ id: string }, void>('story.remove', 1)
export const act = ask<{ id: string; what: Act }, void>('story.act', 1)
export const show = ask<{ id: string }, { vmState: string; taskState: string | null }>('story.show', 1)
/** What an operator says of a host. */
export const turnHost = ask<{ host: string; turned: { isDisabled?: boolean; isForcedDown?: boolean } }, void>('story.turnHost', 1)

// biome-ignore format: a table
export const acts = [
  'stop', 'start', 'softReboot', 'hardReboot', 'pause', 'unpause', 'suspend', 'resume', 'rescue', 'unrescue', 'rebuild', 'resize', 'migrate',
  'confirmResize', 'revertResize', 'shelve', 'shelveOffload', 'unshelve', 'snapshot', 'putAside', 'restore',
] as const
export type Act = (typeof acts)[number]

export const imageId = '5c242396-3c7b-4bc6-bec1-3df8eb57d53d'
export const projectId = 'b9e1d0c4a2f34c5d8e7f60718293a4b5'
export const userId = '7a1f0c6d2f6b4b0c8d6f3b6e3f1d2c4a'

const asker = { isAdmin: false }
const snapshot = { name: 'snapshot', metadata: {}, projectId, userId }

export interface ApiRooms extends Pick<ComputeInside['logics'], 'servers' | 'serverGroups' | 'services'> {
  readonly bus: Bus
  readonly chance: Chance
  readonly mayComeBack: boolean
}

export async function serveApi({ bus, chance, mayComeBack, servers, serverGroups, services }: ApiRooms): Promise<void> {
  const perform: Readonly<Partial<Record<Act, (id: string, cause: Cause) => Promise<unknown>>>> = {
    rescue: (id, cause) => servers.rescue(id, { imageId: undefined }, asker, cause),
    rebuild: async (id, cause) => servers.rebuild(await servers.get(id), { imageId, changed: {}, userId }, asker, cause),
    resize: async (id, cause) => {
      const server = await servers.get(id)
      return servers.resize(server, { flavorId: server.flavor.id === '1' ? '2' : '1', maySeeAllFlavors: false }, asker, cause)
    },
    migrate: async (id, cause) => servers.migrate(await servers.get(id), undefined, { isAdmin: true }, cause),
    confirmResize: async (id, cause) => servers.confirmResize(await servers.get(id), asker, cause),
    revertResize: async (id, cause) => servers.revertResize(await servers.get(id), asker, cause),
    shelve: async (id, cause) => servers.shelve(await servers.get(id), { projectId, userId }, asker, cause),
    unshelve: async (id, cause) => servers.unshelve(await servers.get(id), {}, asker, cause),
    // Only where deleted servers can be brought back for longer than any client takes to do so.
    putAside: async (id, cause) => mayComeBack && servers.delete(await servers.get(id), asker, cause),
    snapshot: async (id, cause) => servers.createImage(await servers.get(id), snapshot, asker, cause),
  }
  const simple = (what: Act) => (id: string, cause: Cause) => servers[what as 'stop' | 'start'](id, asker, cause)
  /** As the door does: whoever asks twice, or whose request comes twice, has made two requests. */
  const asked = (cause: Cause): Cause => ({ ...cause, requestId: `req-${chance.uuid()}` })
  await bus.serve('api', [
    handle(create, async ({ name, count, groupId }, cause) => {
      const hints = groupId === undefined ? {} : { group: groupId }
      const wish = { name, imageId, flavorId: '1', projectId, userId, networks: 'none' as const, hints }
      const made = await servers.create({ ...wish, minCount: count, maxCount: count }, asked(cause))
      return { ids: made.servers.map(({ id }) => id) }
    }),
    handle(createGroup, async ({ name }, cause) => {
      const { id } = await serverGroups.create({ name, projectId, userId, policy: 'anti-affinity', rules: {} }, asked(cause))
      return { id }
    }),
    handle(remove, async ({ id }, cause) => servers.delete(await servers.get(id), asker, asked(cause))),
    handle(act, async ({ id, what }, cause) => void (await (perform[what] ?? simple(what))(id, asked(cause)))),
    handle(show, async ({ id }) => {
      const { vmState, taskState } = await servers.get(id)
      return { vmState, taskState }
    }),
    handle(turnHost, async ({ host, turned }, cause) => void (await services.turnNamed(host, 'nova-compute', turned, asked(cause)))),
  ])
}
