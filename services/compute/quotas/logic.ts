import type { Cause } from '@kilonova/platform/cause.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Transaction } from '../tables.ts'
import type { ApiWrite } from '../tables/api.ts'
import type { QuotaSettings } from './options.ts'
import {
  isOver,
  type Limits,
  type Resource,
  resources,
  type SaidLimit,
  type SaidLimits,
  type Taken,
  type Usage,
  unlimited,
  usualClass,
} from './quota.ts'
import type { OwnedStore, QuotaStore, TakenStore } from './store.ts'

export interface Rooms {
  readonly store: QuotaStore
  readonly write: ApiWrite
  /** Of the cell that servers are made in first, then of the others. */
  readonly cells: readonly [TakenStore, ...TakenStore[]]
  readonly owned: OwnedStore
  readonly settings: () => { readonly quota: QuotaSettings }
}

/** Servers that are asked for. */
export interface ServersWish {
  readonly projectId: string
  readonly userId: string
  readonly flavor: { readonly vcpus: number; readonly memoryMb: number }
  /** As many as possible, and no fewer than `minCount`. */
  readonly minCount: number
  readonly maxCount: number
}

export type QuotaLogic = ReturnType<typeof quotaLogic>

/**
 * How much projects may have, and have. Nothing is kept of what is had: it is counted, each time, by one indexed query. A user of whom
 * limits of their own were said is held to them and to the project's.
 */
export function quotaLogic({ store, write, cells, owned, settings }: Rooms) {
  const [first, ...others] = cells
  const taken = async (projectId: string, userId?: string, from?: Transaction['read']): Promise<Taken> => {
    const all = await Promise.all([first.sum(projectId, userId, from), ...others.map(cell => cell.sum(projectId, userId))])
    return all.reduce((a, b) => ({ instances: a.instances + b.instances, cores: a.cores + b.cores, ram: a.ram + b.ram }))
  }

  /** What holds of the project, and, when anything was said of the user there, what holds of them. */
  async function bounds(projectId: string, userId: string) {
    const said = await store.listFor(projectId)
    const project = limitsIn(said, settings().quota)
    const ofUser = pick(said, userId)
    const isBound = (['instances', 'cores', 'ram'] as const).some(name => ofUser[name] !== undefined)
    return { project, user: isBound ? limitsIn(said, settings().quota, userId) : undefined, both: { ...project, ...ofUser } }
  }

  /** What has no room, with the numbers of whoever is over first. */
  async function findOver(wish: Pick<ServersWish, 'projectId' | 'userId'>, more: Taken, from?: Transaction['read']) {
    const { project, user } = await bounds(wish.projectId, wish.userId)
    const had = isBounded(project, more) ? await taken(wish.projectId, undefined, from) : nothing
    const over = oversIn(project, had, more)
    if (over.length > 0 || !user) return { over, limits: project, had }
    const own = isBounded(user, more) ? await taken(wish.projectId, wish.userId, from) : nothing
    return { over: oversIn(user, own, more), limits: user, had: own }
  }

  return {
    /** How many of the servers there may be: as many as fit. Refuses in Nova's words when not even so few do. */
    async mayHave(wish: ServersWish): Promise<number> {
      const { flavor, minCount, maxCount } = wish
      const { over, limits, had } = await findOver(wish, times(flavor, maxCount))
      if (over.length === 0) return maxCount
      const fitting = roomFor(flavor, limits, had)
      if (fitting > 0 && minCount <= fitting) return this.mayHave({ ...wish, maxCount: Math.min(fitting, maxCount) })
      const count = minCount === maxCount ? String(minCount) : `${minCount}-${maxCount}`
      throw tooMany(over, { ...asText(times(flavor, maxCount)), instances: count }, had, limits)
    },

    /**
     * The same in the transaction that makes them, after it took their numbers: whoever makes servers at the same moment waits there, so
     * nobody counts what another is about to add.
     */
    async mustStillFit(wish: Omit<ServersWish, 'minCount' | 'maxCount'> & { readonly count: number }, tx: Transaction): Promise<void> {
      const more = times(wish.flavor, wish.count)
      const { over, limits, had } = await findOver(wish, more, tx.read)
      if (over.length > 0) throw tooMany(over, asText(more), had, limits)
    },

    /** A server grows: by processors and memory alone. */
    async mustGrow(wish: Pick<ServersWish, 'projectId' | 'userId'> & { readonly cores: number; readonly ram: number }): Promise<void> {
      const more: Taken = { instances: 0, cores: Math.max(0, wish.cores), ram: Math.max(0, wish.ram) }
      if (more.cores === 0 && more.ram === 0) return
      const { over, limits, had } = await findOver(wish, more)
      if (over.length > 0) throw tooMany(over, asText(more), had, limits)
    },

    /** So many metadata items on one server. */
    async mustAllowMetadata(projectId: string, userId: string, count: number): Promise<void> {
      const { both } = await bounds(projectId, userId)
      if (isOver(both.metadata_items, count))
        throw new Refusal('over-quota', `Maximum number of metadata items exceeds ${both.metadata_items}`)
    },

    /** Files for one server, with the lengths of their paths and contents. */
    async mustAllowFiles(projectId: string, userId: string, files: readonly { readonly path: string; readonly bytes: number }[]) {
      if (files.length === 0) return
      const { both } = await bounds(projectId, userId)
      if (isOver(both.injected_files, files.length)) throw new Refusal('over-quota', 'Personality file limit exceeded')
      const [path, content] = [Math.max(...files.map(one => one.path.length)), Math.max(...files.map(one => one.bytes))]
      if (isOver(both.injected_file_path_bytes, path))
        throw new Refusal('over-quota', `Personality file path exceeds maximum ${both.injected_file_path_bytes}`)
      if (isOver(both.injected_file_content_bytes, content))
        throw new Refusal('over-quota', `Personality file content exceeds maximum ${both.injected_file_content_bytes}`)
    },

    async mustAllowKeypair(projectId: string, userId: string): Promise<void> {
      const { both } = await bounds(projectId, userId)
      if (isOver(both.key_pairs, (await owned.keypairs(userId)) + 1)) throw new Refusal('over-quota', 'Quota exceeded, too many key pairs.')
    },

    async mustAllowServerGroup(projectId: string, userId: string): Promise<void> {
      const said = await store.listFor(projectId)
      const project = limitsIn(said, settings().quota)
      const own = pick(said, userId).server_groups
      const isFull =
        isOver(project.server_groups, (await owned.serverGroups(projectId)) + 1) ||
        (own !== undefined && isOver(own, (await owned.serverGroups(projectId, userId)) + 1))
      if (isFull) throw new Refusal('over-quota', 'Quota exceeded, too many server groups.')
    },

    /** So many more servers of a user in a group with these members. */
    async mustAllowMembers(projectId: string, userId: string, members: readonly string[], more: number): Promise<void> {
      const { both } = await bounds(projectId, userId)
      const had = await Promise.all(cells.map(cell => cell.countOf(members, userId)))
      if (isOver(both.server_group_members, had.reduce((a, b) => a + b, 0) + more))
        throw new Refusal('over-quota', 'Quota exceeded, too many servers in group')
    },

    /** What a project, or a user in it, may have. */
    async limits(projectId: string, userId?: string): Promise<Limits> {
      return limitsIn(await store.listFor(projectId), settings().quota, userId)
    },

    async usages(projectId: string, userId?: string): Promise<Readonly<Record<Resource, Usage>>> {
      const [limits, had, groups] = await Promise.all([
        this.limits(projectId, userId),
        taken(projectId, userId),
        owned.serverGroups(projectId, userId),
      ])
      const inUse: SaidLimits = { ...had, server_groups: groups }
      return mapped(name => ({ limit: limits[name], inUse: inUse[name] ?? 0 }))
    },

    async defaults(): Promise<Limits> {
      return { ...configured(settings().quota), ...only(await store.listOfClass(usualClass)) }
    },

    async ofClass(name: string): Promise<Limits> {
      return { ...(await this.defaults()), ...only(await store.listOfClass(name)) }
    },

    setClass: (name: string, limits: SaidLimits, cause: Cause): Promise<void> =>
      write(cause, async tx => {
        const said = listed(limits).map(([resource, limit]): SaidLimit => ({ scope: 'class', owner: name, userId: '', resource, limit }))
        if (said.length > 0) await store.set(tx, said)
      }),

    /** `force`: also below what is had already, and above what the project has left to give. */
    async set(projectId: string, userId: string | undefined, limits: SaidLimits, force: boolean, cause: Cause): Promise<void> {
      const ranges = force ? undefined : await this.settable(projectId, userId)
      for (const [resource, limit] of listed(limits)) {
        const range = ranges?.[resource]
        if (range && infinite(limit) < infinite(range.least))
          throw new Refusal(
            'invalid',
            `Quota limit ${limit} for ${resource} must be greater than or equal to already used and reserved ${range.least}.`,
          )
        if (range && infinite(limit) > infinite(range.most))
          throw new Refusal('invalid', `Quota limit ${limit} for ${resource} must be less than or equal to ${range.most}.`)
      }
      const said = listed(limits).map(
        ([resource, limit]): SaidLimit => ({ scope: 'project', owner: projectId, userId: userId ?? '', resource, limit }),
      )
      if (said.length > 0) await write(cause, async tx => void (await store.set(tx, said)))
    },

    /** Between what is had, or was given to users already, and what is left to give. */
    async settable(
      projectId: string,
      userId?: string,
    ): Promise<Readonly<Record<Resource, { readonly least: number; readonly most: number }>>> {
      const [said, had] = await Promise.all([store.listFor(projectId), this.usages(projectId, userId)])
      const project = limitsIn(said, settings().quota)
      const given = (name: Resource) => sum(said.filter(one => one.resource === name && one.userId !== ''))
      return mapped(name => {
        if (userId === undefined) return { least: Math.max(given(name), had[name].inUse), most: unlimited }
        const own = pick(said, userId)[name] ?? 0
        return { least: had[name].inUse, most: project[name] < 0 ? unlimited : project[name] - given(name) + own }
      })
    },

    forget: (projectId: string, userId: string | undefined, cause: Cause): Promise<void> =>
      write(cause, async tx => void (await store.delete(tx, projectId, userId))),
  }
}

const mapped = <T>(of: (name: Resource) => T) =>
  Object.fromEntries(resources.map(name => [name, of(name)])) as Readonly<Record<Resource, T>>
const listed = (limits: SaidLimits) => resources.flatMap(name => (limits[name] === undefined ? [] : [[name, limits[name]] as const]))
const infinite = (limit: number) => (limit === unlimited ? Number.POSITIVE_INFINITY : limit)
const sum = (said: readonly SaidLimit[]) => said.reduce((all, { limit }) => all + limit, 0)

const only = (said: readonly SaidLimit[]): SaidLimits => Object.fromEntries(said.map(one => [one.resource, one.limit]))
const pick = (said: readonly SaidLimit[], userId: string): SaidLimits =>
  only(said.filter(one => one.scope === 'project' && one.userId === userId))

/** The configuration, below what is said of everybody, below what is said of the project, below what is said of the user. */
const limitsIn = (said: readonly SaidLimit[], settings: QuotaSettings, userId?: string): Limits => ({
  ...configured(settings),
  ...only(said.filter(one => one.scope === 'class')),
  ...pick(said, ''),
  ...(userId === undefined ? {} : pick(said, userId)),
})

const configured = (said: QuotaSettings): Limits => ({
  ...{ instances: said.instances, cores: said.cores, ram: said.ram, metadata_items: said.metadata_items, key_pairs: said.key_pairs },
  ...{ server_groups: said.server_groups, server_group_members: said.server_group_members, injected_files: said.injected_files },
  injected_file_content_bytes: said.injected_file_content_bytes,
  injected_file_path_bytes: said.injected_file_path_length,
  // What the network service limits itself, and Nova's API still names.
  ...{ fixed_ips: unlimited, floating_ips: unlimited, security_groups: unlimited, security_group_rules: unlimited },
})

const times = ({ vcpus, memoryMb }: ServersWish['flavor'], count: number): Taken => ({
  ...{ instances: count, cores: vcpus * count, ram: memoryMb * count },
})

type Counted = keyof Taken
const counted: readonly Counted[] = ['cores', 'instances', 'ram']
/** Where nothing is bounded, nothing needs to be counted. */
const isBounded = (limits: Limits, more: Taken): boolean => counted.some(name => more[name] > 0 && limits[name] >= 0)
const nothing: Taken = { instances: 0, cores: 0, ram: 0 }

const oversIn = (limits: Limits, had: Taken, more: Taken): readonly Counted[] =>
  counted.filter(name => more[name] > 0 && isOver(limits[name], had[name] + more[name]))

/** How many servers of this size there is room for. */
function roomFor({ vcpus, memoryMb }: ServersWish['flavor'], limits: Limits, had: Taken): number {
  const left = (name: Counted, size: number) =>
    limits[name] < 0 || size === 0 ? Number.POSITIVE_INFINITY : Math.floor((limits[name] - had[name]) / size)
  return Math.max(0, Math.min(left('instances', 1), left('cores', vcpus), left('ram', memoryMb)))
}

const asText = ({ instances, cores, ram }: Taken) => ({ instances: String(instances), cores: String(cores), ram: String(ram) })

function tooMany(over: readonly Counted[], wanted: Readonly<Record<Counted, string>>, had: Taken, limits: Limits): Refusal {
  const all = (of: (name: Counted) => string | number) => over.map(of).join(', ')
  const names = over.join(', ')
  return new Refusal(
    'over-quota',
    `Quota exceeded for ${names}: Requested ${all(name => wanted[name])}, but already used ${all(name => had[name])} of ${all(name => limits[name])} ${names}`,
  )
}
