import type { Cause } from '@kilonova/platform/cause.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Server } from '../server.ts'
import type { ActOn, Asker } from './act.ts'
import { absent, mustFind } from './find.ts'
import type { Rooms } from './rooms.ts'

type Metadata = Server['metadata']

const mostTags = 50
const taggable: readonly Server['vmState'][] = ['active', 'paused', 'suspended', 'stopped']

/** What its owner notes on a server: words by key, and tags. Its guest reads the former. */
export const labelling = (act: ActOn, { cells, clock, quotas }: Pick<Rooms, 'cells' | 'clock' | 'quotas'>) => {
  const settle = async (server: Server, turn: (was: Metadata) => Metadata, asker: Asker, cause: Cause): Promise<Metadata> => {
    const wanted = Object.keys(turn(server.metadata)).length
    if (wanted > Object.keys(server.metadata).length) await quotas.mustAllowMetadata(server.projectId, server.userId, wanted)
    return (await act(server.id, { action: 'setMetadata', change: ({ metadata }) => ({ metadata: turn(metadata) }) }, asker, cause))
      .metadata
  }

  /** A lock does not hold tags. */
  const retag = async (
    { id }: Server,
    word: string,
    turn: (tags: readonly string[]) => readonly string[],
    cause: Cause,
  ): Promise<Server> => {
    const { store, write } = (await mustFind(cells, id)).cell
    return write(cause, async tx => {
      const server = await store.findUnchecked(id, tx.read)
      if (!server) throw absent(id)
      if (!taggable.includes(server.vmState))
        throw new Refusal('conflict', `Cannot '${word}' instance ${id} while it is in vm_state ${server.vmState}`)
      const tags = turn(server.tags)
      if (tags === server.tags) return server
      const next = { ...server, tags: [...tags].toSorted(), updatedAt: new Date(clock.now()).toISOString() }
      await store.update(tx, next, 'updated')
      return next
    })
  }

  return {
    /** All there is from now on. */
    writeMetadata: (server: Server, metadata: Metadata, asker: Asker, cause: Cause) => settle(server, () => metadata, asker, cause),

    addMetadata: (server: Server, more: Metadata, asker: Asker, cause: Cause) => settle(server, was => ({ ...was, ...more }), asker, cause),

    async removeMetadata(server: Server, key: string, asker: Asker, cause: Cause): Promise<void> {
      metadataItem(server, key)
      const change = ({ metadata }: Server) => ({ metadata: Object.fromEntries(Object.entries(metadata).filter(([name]) => name !== key)) })
      await act(server.id, { action: 'forgetMetadata', change }, asker, cause)
    },

    /** Says whether it is new. */
    async addTag(server: Server, tag: string, cause: Cause): Promise<boolean> {
      let isNew = false
      await retag(
        server,
        'update tag',
        tags => {
          if (tags.length >= mostTags) throw new Refusal('invalid', `The number of tags exceeded the per-server limit ${mostTags}`)
          isNew = !tags.includes(tag)
          return isNew ? [...tags, tag] : tags
        },
        cause,
      )
      return isNew
    },

    writeTags: async (server: Server, tags: readonly string[], cause: Cause): Promise<readonly string[]> =>
      (await retag(server, 'update tags', () => [...new Set(tags)], cause)).tags,

    removeTag: (server: Server, tag: string, cause: Cause): Promise<Server> =>
      retag(
        server,
        'delete tag',
        tags => {
          mustCarry(server.id, tags, tag)
          return tags.filter(one => one !== tag)
        },
        cause,
      ),

    removeTags: (server: Server, cause: Cause): Promise<Server> =>
      retag(server, 'delete tags', tags => (tags.length === 0 ? tags : []), cause),
  }
}

export function metadataItem({ metadata }: Pick<Server, 'metadata'>, key: string): string {
  const value = Object.hasOwn(metadata, key) ? metadata[key] : undefined
  if (value === undefined) throw new Refusal('not-found', 'Metadata item was not found')
  return value
}

export function mustCarry(id: string, tags: readonly string[], tag: string): void {
  if (!tags.includes(tag)) throw new Refusal('not-found', `Server ${id} has no tag '${tag}'`)
}
