import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { ReckonedStore } from './store.ts'
import { type TenantUsage, usagesOf } from './tenant-usage.ts'

export interface Rooms {
  /** Of every cell. */
  readonly cells: readonly ReckonedStore[]
  readonly clock: Pick<Clock, 'now'>
}

export interface Wish {
  /** Absent: of every project. */
  readonly projectId?: string | undefined
  readonly start?: string | undefined
  readonly end?: string | undefined
  readonly limit: number
  readonly marker?: string | undefined
}

export interface Found {
  readonly usages: readonly TenantUsage[]
  /** Where the next page begins. */
  readonly next: string | undefined
}

/** What was used between two moments, reckoned from the servers themselves, also those that are gone. */
export const tenantUsageLogic = ({ cells, clock }: Rooms) => ({
  async list({ projectId, start, end, limit, marker }: Wish): Promise<Found> {
    const now = clock.now()
    const [from, until] = [momentOf(start, now), momentOf(end, now)]
    // Whoever names no moments asks for this one.
    const asksForNow = !start && !end
    if (from >= until && !asksForNow) throw new Refusal('invalid', 'Invalid start time. The start time cannot occur after the end time.')
    const stop = Math.min(until, now)
    const after = marker === undefined ? undefined : await find(cells, marker)
    const pages = await Promise.all(cells.map(cell => cell.list({ projectId, start: from, stop, limit: limit + 1, after })))
    const all = pages.flat().toSorted((a, b) => (a.launchedAt ?? 0) - (b.launchedAt ?? 0) || (a.id < b.id ? -1 : 1))
    const servers = all.slice(0, limit)
    return { usages: usagesOf(servers, from, stop, now), next: all.length > limit ? servers.at(-1)?.id : undefined }
  },
})

export type TenantUsageLogic = ReturnType<typeof tenantUsageLogic>

async function find(cells: readonly ReckonedStore[], marker: string) {
  const found = (await Promise.all(cells.map(cell => cell.find(marker)))).find(Boolean)
  if (!found) throw new Refusal('invalid', `Marker ${marker} could not be found.`)
  return found
}

/** `2026-01-31T12:00:00`, with or without parts of a second, or a blank instead of the T where it has them; always UTC. */
function momentOf(said: string | undefined, now: number): number {
  if (said === undefined || said === '') return now
  const moment = /^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d{1,6})?| \d\d:\d\d:\d\d\.\d{1,6})$/.test(said)
    ? Date.parse(`${said.replace(' ', 'T').replace(/(\.\d{3})\d+$/, '$1')}Z`)
    : Number.NaN
  if (Number.isNaN(moment)) throw new Refusal('invalid', 'Invalid datetime string: Datetime is in invalid format')
  return moment
}
