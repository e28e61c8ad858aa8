import type { Cause } from '@kilonova/platform/cause.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import { given } from '@kilonova/platform/given.ts'
import type { Caller } from '@kilonova/platform/policy/caller.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Transaction, Write } from '../tables.ts'
import { refuseMissing } from '../wishes/wish.ts'
import { exceeds, type Limit, type Model, models } from './limit.ts'
import type { Filter, LimitStore } from './store.ts'

export interface Rooms {
  readonly store: LimitStore
  readonly write: Write
  readonly chance: Pick<Chance, 'hex'>
  readonly model: Model
}

export interface CreateWish {
  readonly serviceId: string
  readonly regionId?: string | undefined
  readonly resourceName: string
  readonly resourceLimit: number
  readonly description?: string | null | undefined
  /** A project's or a domain's, never both. */
  readonly projectId?: string | undefined
  readonly domainId?: string | undefined
}

/** A limit with what policy may want to know about whose it is. */
export interface OwnedLimit {
  readonly limit: Limit
  /** The domain of the project, when it is a project's limit. */
  readonly projectDomainId: string | undefined
}

/** The rules of limits: each overrides a registered one, once per project or domain, and fits the operator's model. */
export function limitLogic(rooms: Rooms) {
  const { store, write, chance, model } = rooms
  const removeAll = async (tx: Transaction, filter: Filter) => {
    for (const limit of await store.list(filter, tx.read)) await store.delete(tx, limit)
  }

  return {
    model: { name: model, description: models[model] },

    async get(id: string): Promise<OwnedLimit> {
      const limit = (await store.find(id)) ?? refuseUnknown(id)
      const project = limit.projectId === null ? undefined : await store.findProject(limit.projectId)
      return { limit, projectDomainId: project?.domainId }
    },

    /** All to a caller from the system; to one from a domain what is in it; to one from a project its own. */
    async listFor(
      { systemScope, domainId, projectId }: Pick<Caller, 'systemScope' | 'domainId' | 'projectId'>,
      wanted: { projectId?: string | undefined; domainId?: string | undefined } = {},
    ): Promise<readonly Limit[]> {
      if (systemScope !== undefined) return store.list(wanted)
      if (domainId !== undefined) return store.list({ ...wanted, inDomain: domainId })
      return projectId === undefined ? [] : store.list({ ...wanted, projectId })
    },

    listOfProjects: (projectIds: readonly string[]): Promise<readonly Limit[]> => store.list({ projectIds }),

    /** All or none. */
    create: (wishes: readonly CreateWish[], cause: Cause): Promise<readonly Limit[]> =>
      write(cause, async tx => {
        const limits: Limit[] = []
        for (const wish of wishes) limits.push(await newLimit(wish, chance.hex(), tx, store))
        await mustFitModel(limits, tx, rooms)
        for (const limit of limits) await store.insert(tx, limit)
        return limits
      }),

    update: (id: string, wish: { resourceLimit?: number | undefined; description?: string | null | undefined }, cause: Cause) =>
      write(cause, async tx => {
        const before = (await store.find(id, tx.read)) ?? refuseUnknown(id)
        const limit: Limit = { ...before, ...given(wish) }
        await mustFitModel([limit], tx, rooms)
        await store.update(tx, limit)
        return limit
      }),

    delete: (id: string, cause: Cause): Promise<void> =>
      write(cause, async tx => void (await store.delete(tx, (await store.find(id, tx.read)) ?? refuseUnknown(id)))),

    forgetProject: (tx: Transaction, projectId: string) => removeAll(tx, { projectId }),
    forgetDomain: (tx: Transaction, domainId: string) => removeAll(tx, { domainId }),
    forgetRegisteredLimit: (tx: Transaction, registeredLimitId: string) => removeAll(tx, { registeredLimitId }),
  }
}

export type LimitLogic = ReturnType<typeof limitLogic>

const refuseUnknown = (id: string): never => {
  throw new Refusal('not-found', `Could not find limit for ${id}.`)
}

async function newLimit(wish: CreateWish, id: string, tx: Transaction, store: LimitStore): Promise<Limit> {
  const { serviceId, regionId = null, resourceName, resourceLimit, description = null } = wish
  if (!(await store.findService(serviceId, tx.read))) refuseMissing('service_id', 'limit')
  if (regionId !== null && !(await store.findRegion(regionId, tx.read))) refuseMissing('region_id', 'limit')
  const owner = await ownerOf(wish, tx, store)
  const registered = await store.findRegistered({ serviceId, regionId, resourceName }, tx.read)
  if (!registered) throw new Refusal('forbidden', 'Unable to create a limit that has no corresponding registered limit.')
  return { id, registeredLimitId: registered.id, serviceId, regionId, resourceName, resourceLimit, description, ...owner }
}

/** A domain may also be named as the project that it is. */
async function ownerOf({ projectId, domainId }: CreateWish, tx: Transaction, store: LimitStore) {
  if (projectId !== undefined) {
    const project = (await store.findProject(projectId, tx.read)) ?? refuseMissing('project_id', 'limit')
    return project.isDomain ? { projectId: null, domainId: projectId } : { projectId, domainId: null }
  }
  const domain = domainId === undefined ? undefined : await store.findProject(domainId, tx.read)
  if (domainId === undefined || !domain?.isDomain) return refuseMissing('domain_id', 'limit')
  return { projectId: null, domainId }
}

/** In the strict model no project has more than its domain. */
async function mustFitModel(limits: readonly Limit[], tx: Transaction, { store, model }: Rooms) {
  if (model === 'flat') return
  for (const limit of limits) {
    const fits = limit.domainId === null ? await isWithinDomain(limit, limits, tx, store) : await isAboveProjects(limit, tx, store)
    if (!fits) refuseMisfit(limit)
  }
}

async function isWithinDomain(limit: Limit, together: readonly Limit[], tx: Transaction, store: LimitStore): Promise<boolean> {
  const project = await store.findProject(limit.projectId ?? '', tx.read)
  const { registeredLimitId } = limit
  const ofDomain = (one: Limit) => one.domainId === project?.parentId && one.registeredLimitId === registeredLimitId
  const stored = await store.list({ registeredLimitId, domainId: project?.parentId ?? '' }, tx.read)
  const above = together.find(ofDomain) ?? stored.find(ofDomain)
  const most = above?.resourceLimit ?? (await store.findRegistered(limit, tx.read))?.defaultLimit
  return most === undefined || !exceeds(limit.resourceLimit, most)
}

async function isAboveProjects(limit: Limit, tx: Transaction, store: LimitStore): Promise<boolean> {
  const { registeredLimitId, resourceLimit } = limit
  const below = await store.list({ registeredLimitId, inDomain: limit.domainId ?? '' }, tx.read)
  return !below.some(one => one.projectId !== null && exceeds(one.resourceLimit, resourceLimit))
}

const refuseMisfit = (limit: Limit): never => {
  const { projectId, domainId, resourceName, resourceLimit, serviceId, regionId } = limit
  const whose = projectId === null ? `domain_id: ${domainId}` : `project_id: ${projectId}`
  const what = `resource_name: ${resourceName}, resource_limit: ${resourceLimit}, service_id: ${serviceId}, region_id: ${regionId ?? 'None'}`
  throw new Refusal('forbidden', `Invalid resource limit: The resource limit (${whose}, ${what}) doesn't satisfy current hierarchy model..`)
}
