import type { Cause } from '@kilonova/platform/cause.ts'
import type { ServerLogic } from '../servers/logic.ts'
import type { Transaction, Write } from '../tables.ts'
import { type ExternalEvent, needsTag, type Outcome } from './external-event.ts'

export interface Rooms {
  /** Where these servers are; those that are not there are left out. */
  hostsOf(serverIds: readonly string[]): Promise<ReadonlyMap<string, { readonly host: string | null; readonly projectId: string }>>
  readonly write: Write
  /** Notes what was told in the change log, which is where those who wait for it listen. */
  note(tx: Transaction, event: ExternalEvent, projectId: string): Promise<unknown>
  readonly servers: Pick<ServerLogic, 'losePort' | 'refreshCables'>
}

export const externalEventLogic = ({ hostsOf, write, note, servers }: Rooms) => ({
  async take(events: readonly ExternalEvent[], cause: Cause): Promise<readonly Outcome[]> {
    const known = await hostsOf([...new Set(events.map(({ serverId }) => serverId))])
    const outcomes = events.map(event => ({ event, code: codeOf(event, known.get(event.serverId)) }))
    const taken = outcomes.filter(({ code }) => code === 200)
    if (taken.length > 0)
      await write(cause, async tx => {
        for (const { event } of taken) await note(tx, event, known.get(event.serverId)?.projectId ?? '')
      })
    for (const { event } of taken) await follow(event, servers, cause)
    return outcomes
  },
})

/** What the network tells of a server changes what its cables are. */
async function follow({ name, serverId, tag }: ExternalEvent, { losePort, refreshCables }: Rooms['servers'], cause: Cause): Promise<void> {
  if (name === 'network-vif-deleted' && tag !== undefined) await losePort(serverId, tag, cause)
  if (name === 'network-changed') await refreshCables(serverId, cause)
}

export type ExternalEventLogic = ReturnType<typeof externalEventLogic>

function codeOf({ name, tag }: ExternalEvent, server: { readonly host: string | null } | undefined): Outcome['code'] {
  if (server === undefined) return 404
  if (needsTag.has(name) && tag === undefined) return 400
  return server.host === null ? 422 : 200
}
