import type { Held, PlacementRoom } from '@kilonova/placement/contract/placement.ts'
import type { Cause } from '@kilonova/platform/cause.ts'
import type { Server } from '../../servers/server.ts'
import type { HostBook } from './book.ts'
import { groupsOf } from './resources.ts'
import { askOf } from '../scheduler/ask.ts'

export interface Rooms {
  readonly placement: PlacementRoom
  readonly book: HostBook
  readonly servers: {
    /** Also those that were deleted. */
    listEvenDeletedUnchecked(ids: readonly string[]): Promise<readonly Server[]>
    listOnHost(host: string): Promise<readonly Server[]>
  }
  /** Which of these ids are migrations that are not over: what they hold is theirs. */
  readonly liveMigrations: (ids: readonly string[]) => Promise<ReadonlySet<string>>
}

export interface Healed {
  /** Whose servers are gone, or elsewhere. */
  readonly removed: readonly { readonly consumerId: string; readonly host: string }[]
  /** Of servers that held nothing where they are. */
  readonly made: readonly { readonly serverId: string; readonly host: string }[]
  readonly failed: readonly { readonly serverId: string; readonly host: string; readonly error: unknown }[]
}

/**
 * Brings what placement holds and what servers need together. A claim comes before its server has a host and goes after the server is gone,
 * so only what has no server at all, or one that is over, is taken away.
 */
export const healingLogic = ({ placement, book, servers, liveMigrations }: Rooms) => {
  async function removeOrphans(host: string, providerId: string, cause: Cause, isRehearsal: boolean): Promise<Healed['removed']> {
    const held = await placement.holders(providerId, cause)
    const ids = held.map(one => one.consumerId)
    const found = new Map((await servers.listEvenDeletedUnchecked(ids)).map(one => [one.id, one]))
    const moving = await liveMigrations(ids.filter(id => !found.has(id)))
    const orphans = held.filter(one => isOrphan(one, found.get(one.consumerId)) && !moving.has(one.consumerId))
    if (!isRehearsal)
      for (const one of orphans)
        await placement.hold([{ ...one, type: one.type ?? 'INSTANCE', allocations: {} }], cause).catch(() => undefined)
    return orphans.map(({ consumerId }) => ({ consumerId, host }))
  }

  async function makeMissing(host: string, providerId: string, cause: Cause, isRehearsal: boolean) {
    const there = (await servers.listOnHost(host)).filter(one => one.taskState !== 'deleting' && takesRoom(one))
    const ids = there.map(one => one.id)
    const holding = new Set((await placement.held(ids, cause)).map(one => one.consumerId))
    const made: { serverId: string; host: string }[] = []
    const failed: { serverId: string; host: string; error: unknown }[] = []
    for (const server of there.filter(one => !holding.has(one.id))) {
      if (isRehearsal) made.push({ serverId: server.id, host })
      else
        await hold(server, providerId, cause).then(
          () => made.push({ serverId: server.id, host }),
          error => failed.push({ serverId: server.id, host, error }),
        )
    }
    return { made, failed }
  }

  /** The server may be deleted at this moment, by somebody who found nothing to give back: then it is given back here. */
  async function hold(server: Server, providerId: string, cause: Cause) {
    const { consumerId, projectId, userId, ...ask } = askOf(server)
    const [plain] = groupsOf(ask)
    const allocations = { [providerId]: plain?.resources ?? {} }
    await placement.hold([{ consumerId, projectId, userId, allocations, generation: null, type: 'INSTANCE' }], cause)
    const [now] = await servers.listEvenDeletedUnchecked([server.id])
    if (now && !now.isDeleted && now.host === server.host) return
    const [held] = await placement.held([consumerId], cause)
    if (held) await placement.hold([{ ...held, type: 'INSTANCE', allocations: {} }], cause)
  }

  return {
    /** `rehearse`: says what it would do. */
    async heal(cause: Cause, { rehearse = false } = {}): Promise<Healed> {
      const healed = {
        removed: [] as Healed['removed'][number][],
        made: [] as Healed['made'][number][],
        failed: [] as Healed['failed'][number][],
      }
      const { hosts } = await book.current()
      for (const { id, host } of hosts.values()) {
        healed.removed.push(...(await removeOrphans(host, id, cause, rehearse)))
        const { made, failed } = await makeMissing(host, id, cause, rehearse)
        healed.made.push(...made)
        healed.failed.push(...failed)
      }
      return healed
    },
  }
}

export type HealingLogic = ReturnType<typeof healingLogic>

/** Nothing is known of other consumers than servers and migrations: what they hold is their own affair. */
function isOrphan({ type }: Held, server: Server | undefined): boolean {
  if (type !== 'INSTANCE' && type !== 'MIGRATION') return false
  if (!server) return true
  return server.isDeleted || (server.taskState === null && isNowhere(server))
}

/** It left its host, or failed before it had one. */
const isNowhere = ({ vmState, host }: Server) => vmState === 'shelved_offloaded' || (vmState === 'error' && host === null)

/** What left its host takes no room there; one that failed before it ever ran is nothing but a row. */
const takesRoom = ({ vmState, launchedAt }: Server) => vmState !== 'shelved_offloaded' && !(vmState === 'error' && launchedAt === null)
