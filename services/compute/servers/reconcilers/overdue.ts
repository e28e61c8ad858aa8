import type { Cause } from '@kilonova/platform/cause.ts'
import { causeFields, type Log } from '@kilonova/platform/log/log.ts'
import type { Server } from '../server.ts'

/** What becomes of a server whose time has come. */
export type End = 'confirmResize' | 'unrescue' | 'forceDelete' | 'shelveOffload'

export interface Overdue {
  readonly server: Server
  readonly end: End
}

export interface Rooms {
  readonly overdue: () => Promise<readonly Overdue[]>
  readonly ends: Readonly<Record<End, (server: Server, cause: Cause) => Promise<unknown>>>
  readonly causeOf: (why: string) => Cause
  readonly log: Log
}

const whys: Readonly<Record<End, string>> = {
  confirmResize: 'a resize is confirmed, as nobody did',
  unrescue: 'a rescued server is given its own disk again, as nobody did',
  forceDelete: 'a deleted server is gone for good',
  shelveOffload: 'a shelved server leaves its host',
}

/** Resizes that nobody confirmed, rescues that nobody ended, deleted servers that nobody wanted back, shelved ones that still take room: each goes where it was bound for. */
export async function endWaiting({ overdue, ends, causeOf, log }: Rooms): Promise<void> {
  for (const { server, end } of await overdue()) {
    const cause = { ...causeOf(whys[end]), projectId: server.projectId }
    log.info(whys[end], { ...causeFields(cause), instance_id: server.id })
    await ends[end](server, cause).catch(error =>
      log.warn(`${whys[end]}: it could not be done`, { ...causeFields(cause), instance_id: server.id, error }),
    )
  }
}
