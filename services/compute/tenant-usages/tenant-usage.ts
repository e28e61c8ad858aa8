/** What a project used of the cloud between two moments. */
export interface TenantUsage {
  readonly projectId: string
  /** Milliseconds since 1970, as all times here. */
  readonly start: number
  readonly stop: number
  readonly hours: number
  readonly vcpuHours: number
  readonly memoryMbHours: number
  readonly diskGbHours: number
  readonly servers: readonly ServerUsage[]
}

/** One server's part of it. */
export interface ServerUsage {
  readonly id: string
  readonly name: string
  readonly projectId: string
  readonly flavor: {
    readonly name: string
    readonly vcpus: number
    readonly memoryMb: number
    readonly diskGb: number
    readonly ephemeralGb: number
  }
  readonly state: string
  readonly launchedAt: number | null
  readonly terminatedAt: number | null
  readonly hours: number
  readonly uptimeS: number
}

/** A server as far as it is reckoned. */
export interface Reckoned extends Pick<ServerUsage, 'id' | 'name' | 'projectId' | 'flavor' | 'launchedAt' | 'terminatedAt'> {
  readonly vmState: string
}

const hourMs = 3_600_000

/** How long it ran within a span. One that was never launched ran not at all. */
export function hoursOf({ launchedAt, terminatedAt }: Pick<Reckoned, 'launchedAt' | 'terminatedAt'>, start: number, stop: number): number {
  if (launchedAt === null || launchedAt > stop) return 0
  return Math.max(0, Math.min(terminatedAt ?? stop, stop) - Math.max(launchedAt, start)) / hourMs
}

/** Each project's usage, in the order in which its first server comes. */
export function usagesOf(servers: readonly Reckoned[], start: number, stop: number, now: number): readonly TenantUsage[] {
  const byProject = Map.groupBy(servers, server => server.projectId)
  return [...byProject].map(([projectId, mine]) => {
    const all = mine.map(({ vmState, ...server }): ServerUsage => {
      const { launchedAt, terminatedAt } = server
      return {
        ...server,
        state: terminatedAt === null ? vmState : 'terminated',
        hours: hoursOf(server, start, stop),
        uptimeS: launchedAt === null ? 0 : Math.floor(((terminatedAt ?? now) - launchedAt) / 1000),
      }
    })
    const sum = (size: (flavor: ServerUsage['flavor']) => number) =>
      all.reduce((total, { hours, flavor }) => total + hours * size(flavor), 0)
    return {
      ...{ projectId, start, stop, servers: all, hours: sum(() => 1), vcpuHours: sum(flavor => flavor.vcpus) },
      ...{ memoryMbHours: sum(flavor => flavor.memoryMb), diskGbHours: sum(flavor => flavor.diskGb + flavor.ephemeralGb) },
    }
  })
}
