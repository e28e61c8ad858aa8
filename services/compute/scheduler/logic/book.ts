import type { Clock } from '@kilonova/platform/clock.ts'
import type { Aggregate } from '../../aggregates/aggregate.ts'
import { silenceMs, type Service } from '../../services/service.ts'
import type { Host, HostedServer } from '../scheduler/host.ts'
import type { HostedStore } from '../store/hosted.ts'

/** The part of platform/changes/freshness.ts that is used here. */
interface Fresh {
  catchUp(): Promise<void>
  on(see: (change: { readonly kind: string; readonly id: string; readonly act: string } | undefined) => void): void
}

export interface Rooms {
  readonly services: { list(): Promise<readonly Service[]> }
  readonly aggregates: { list(): Promise<readonly Aggregate[]> }
  readonly hosted: HostedStore
  /** Of the cell's database and of the one that belongs to no cell. */
  readonly fresh: { readonly cell: Fresh; readonly api: Fresh }
  readonly clock: Pick<Clock, 'now'>
}

export interface Book {
  /** Hosts of which something is known, by name. */
  readonly hosts: ReadonlyMap<string, Host>
  readonly aggregates: readonly Aggregate[]
  /** Where a server is. */
  hostOf(serverId: string): string | undefined
}

interface Kept {
  services: readonly (Service & { readonly facts: NonNullable<Service['facts']> })[] | undefined
  aggregates: readonly Aggregate[] | undefined
  servers: Map<string, HostedServer> | undefined
  byHost: Map<string, Map<string, HostedServer>>
  failedBuilds: Map<string, number>
  book: Book | undefined
}

/**
 * All hosts in memory, with the servers on them. Before each use the change logs tell what changed, here or in another process, and that
 * alone is read anew; so a boot costs what it looks at, however many servers there are.
 */
export function hostBook({ services, aggregates, hosted, fresh, clock }: Rooms) {
  const kept: Kept = {
    ...{ services: undefined, aggregates: undefined, servers: undefined, byHost: new Map(), failedBuilds: new Map(), book: undefined },
  }
  const stale = new Map<string, string>()
  let reading: Promise<void> = Promise.resolve()

  fresh.cell.on(change => {
    if (change === undefined) Object.assign(kept, { services: undefined, servers: undefined })
    else if (change.kind === 'compute.service') kept.services = undefined
    else if (change.kind === 'compute.server') stale.set(change.id, change.act)
  })
  fresh.api.on(change => {
    if (change === undefined || change.kind === 'compute.aggregate') kept.aggregates = undefined
  })

  async function readOn(): Promise<void> {
    if (kept.servers === undefined) await readServers()
    else if (stale.size > 0) await readStale(kept.servers)
    if (kept.services === undefined) {
      const found = (await services.list()).filter(one => one.binary === 'nova-compute')
      kept.services = found.flatMap(one => (one.facts === null ? [] : [{ ...one, facts: one.facts }]))
      kept.book = undefined
    }
    if (kept.aggregates === undefined) {
      kept.aggregates = await aggregates.list()
      kept.book = undefined
    }
  }

  async function readServers() {
    stale.clear()
    const all = await hosted.list()
    kept.servers = new Map(all.map(one => [one.id, one]))
    kept.byHost = new Map()
    for (const one of all) put(one)
    kept.book = undefined
  }

  async function readStale(servers: Map<string, HostedServer>) {
    const acts = new Map(stale)
    stale.clear()
    const ids = [...acts.keys()]
    const found = new Map((await hosted.list(ids).catch(error => restore(acts, error))).map(one => [one.id, one]))
    for (const [id, act] of acts) {
      const [old, now] = [servers.get(id), found.get(id)]
      if (old?.host) kept.byHost.get(old.host)?.delete(id)
      if (now) put(now)
      if (now) servers.set(id, now)
      else servers.delete(id)
      count(now, act)
    }
  }

  /** What could not be read stays to be read. */
  const restore = (acts: ReadonlyMap<string, string>, error: unknown): never => {
    for (const [id, act] of acts) if (!stale.has(id)) stale.set(id, act)
    throw error
  }

  const put = (server: HostedServer) => {
    if (server.host === null) return
    const there = kept.byHost.get(server.host)
    if (there) there.set(server.id, server)
    else {
      kept.byHost.set(server.host, new Map([[server.id, server]]))
      kept.book = undefined
    }
  }

  /** How many starts failed on a host since one succeeded. */
  const count = (server: HostedServer | undefined, act: string) => {
    if (!server?.host) return
    const before = kept.failedBuilds.get(server.host) ?? 0
    const now = act === 'launched' ? 0 : act === 'failed' && server.launchedAt === null ? before + 1 : before
    if (now === before) return
    kept.failedBuilds.set(server.host, now)
    kept.book = undefined
  }

  const bound = (): Book => {
    const groups = new Map<string, Aggregate[]>()
    for (const one of kept.aggregates ?? [])
      for (const host of one.hosts) {
        const found = groups.get(host)
        if (found) found.push(one)
        else groups.set(host, [one])
      }
    const hosts = (kept.services ?? []).map(
      ({ id, host, isDisabled, disabledReason, isForcedDown, seenAt, facts }): Host => ({
        ...{ id, host, isDisabled, disabledReason, isForcedDown, seenAt, facts },
        aggregates: groups.get(host) ?? [],
        servers: kept.byHost.get(host) ?? new Map(),
        seenMs: Date.parse(seenAt),
        failedBuilds: kept.failedBuilds.get(host) ?? 0,
      }),
    )
    return {
      hosts: new Map(hosts.map(one => [one.host, one])),
      aggregates: kept.aggregates ?? [],
      hostOf: id => kept.servers?.get(id)?.host ?? undefined,
    }
  }

  return {
    async current(): Promise<Book> {
      await Promise.all([fresh.cell.catchUp(), fresh.api.catchUp()])
      const mine = reading.catch(() => undefined).then(readOn)
      reading = mine
      await mine
      kept.book ??= bound()
      return kept.book
    },

    /**
     * Which of these hosts live. Heartbeats are not in the change log, but only make a host younger: one that lived when it was read
     * lives still, and only those that seem silent are looked at again.
     */
    async living(hosts: readonly Host[]): Promise<ReadonlySet<string>> {
      const now = clock.now()
      const silent = hosts.filter(one => !one.isForcedDown && now - one.seenMs > silenceMs)
      const seen = silent.length === 0 ? new Map<string, string>() : await hosted.seenAt(silent.map(one => one.host))
      if (seen.size > 0 && kept.services) {
        kept.services = kept.services.map(one => ({ ...one, seenAt: seen.get(one.host) ?? one.seenAt }))
        kept.book = undefined
      }
      const dead = new Set(silent.filter(one => now - Date.parse(seen.get(one.host) ?? one.seenAt) > silenceMs))
      return new Set(hosts.flatMap(one => (one.isForcedDown || dead.has(one) ? [] : [one.host])))
    },
  }
}

export type HostBook = ReturnType<typeof hostBook>
