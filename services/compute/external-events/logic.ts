import type { Cause } from '@kilonova/platform/cause.ts'
import type { Write } from '../tables.ts'
import type { Transaction } from '../tables.ts'
import { type ExternalEvent, needsTag, type Outcome } from './external-event.ts'

export interface Rooms {
  /** Where these servers are; those that are not there are left out. */
  hostsOf(serverIds: readonly string[]): Promise<ReadonlyMap<string, { readonly host: string | null; readonly projectId: string }>>
  readonly write: Write
  /** Notes what was told in the change log, which is where those who wait for it listen. */
  note(tx: Transaction, event: ExternalEvent, projectId: string): Promise<unknown>
}

export const externalEventLogic = ({ hostsOf, write, note }: Rooms) => ({
  async take(events: readonly ExternalEvent[], cause: Cause): Promise<readonly Outcome[]> {
    const known = await hostsOf([...new Set(events.map(({ serverId }) => serverId))])
    const outcomes = events.map(event => ({ event, code: codeOf(event, known.get(event.serverId)) }))
    const taken = outcomes.filter(({ code }) => code === 200)
    if (taken.length > 0)
      await write(cause, async tx => {
        for (const { event } of taken) await note(tx, event, known.get(event.serverId)?.projectId ?? '')
      })
    return outcomes
  },
})

export type ExternalEventLogic = ReturnType<typeof externalEventLogic>

function codeOf({ name, tag }: ExternalEvent, server: { readonly host: string | null } | undefined): Outcome['code'] {
  if (server === undefined) return 404
  if (needsTag.has(name) && tag === undefined) return 400
  return server.host === null ? 422 : 200
}
