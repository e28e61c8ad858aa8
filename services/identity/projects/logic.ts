import type { Cause } from '@kilonova/platform/cause.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import { given } from '@kilonova/platform/given.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { type Filter, passes } from '../filters/filter.ts'
import { type Forgetful, forget } from '../forgetting/forgetting.ts'
import type { Transaction, Write } from '../tables.ts'
import { type Project, urlUnsafe } from './project.ts'
import type { ProjectFilter, ProjectStore } from './store.ts'

export interface Rooms {
  readonly store: ProjectStore
  readonly write: Write
  readonly chance: Pick<Chance, 'hex'>
  /** Whoever refers to projects or domains. */
  readonly others: readonly Forgetful[]
  readonly defaultDomainId: string
  /** How many projects may stand one below the other, the domain not counted. */
  readonly maxTreeDepth: number
  /** Whether names must do without the characters that URLs reserve. */
  readonly urlSafeNames?: { readonly projects: boolean; readonly domains: boolean }
}

/** What a client wishes a project to be; what it leaves out stays as it is. An option is taken back with `null`. */
export interface Wish {
  readonly name?: string | undefined
  readonly domainId?: string | null | undefined
  readonly parentId?: string | null | undefined
  readonly isDomain?: boolean | undefined
  readonly enabled?: boolean | undefined
  readonly description?: string | undefined
  readonly tags?: readonly string[] | undefined
  readonly options?: { readonly immutable?: boolean | null | undefined } | undefined
  readonly extra?: Readonly<Record<string, unknown>> | undefined
}

export type CreateWish = Wish & { readonly name: string; readonly id?: string | undefined }

type Listing = { readonly items: readonly Project[] }

/**
 * The rules of projects, and of domains as far as these are projects: a tree of limited depth stays within one domain, lives only below
 * what is enabled, and is taken down from its leaves. Names are one per domain whatever their case.
 */
export function projectLogic(rooms: Rooms) {
  const { store, write, chance } = rooms
  const narrowed = (projects: readonly Project[], filters: readonly Filter[]): Listing => ({
    items: projects.filter(({ name }) => passes(filters, () => name)),
  })
  const get = async (id: string): Promise<Project> => (await store.find(id)) ?? refuseUnknown(id)

  return {
    get,
    findByName: (domainId: string | null, name: string) => store.findByName(domainId, name),
    list: async (filter: ProjectFilter, filters: readonly Filter[] = []) => narrowed(await store.list(filter), filters),
    listOfUser: async (userId: string, filter: ProjectFilter = {}, filters: readonly Filter[] = []) =>
      narrowed(await store.listOfUser(userId, filter), filters),
    listAbove: (project: Project) => store.listAbove(project),
    listBelow: (project: Project) => store.listBelow(project.id),

    create: (wish: CreateWish, cause: Cause): Promise<Project> =>
      write(cause, async tx => {
        const project = newProject(wish, rooms, wish.id ?? chance.hex())
        if (project.isDomain) mustBeRoot(wish)
        else await mustFitIn(project, tx, rooms)
        await store.insert(tx, project)
        return project
      }),

    update: (id: string, wish: Wish, cause: Cause): Promise<Project> =>
      write(cause, async tx => {
        const before = (await store.find(id, tx.read)) ?? refuseUnknown(id)
        mustBeChangeable(before, wish)
        mustStayInPlace(before, wish)
        const project = changed(before, wish)
        if (project.name !== before.name) mustBeUrlSafe(project, rooms)
        if (project.enabled !== before.enabled) await mustBeSwitchable(project, tx, store)
        await store.update(tx, project)
        return project
      }),

    /** A domain takes everything in it along; a project goes alone, and only when nothing stands below it. */
    delete: (id: string, cause: Cause): Promise<void> =>
      write(cause, async tx => {
        const project = (await store.find(id, tx.read)) ?? refuseUnknown(id)
        const below = await store.listBelow(id, tx.read)
        if (project.isDomain) return deleteDomain(project, below, tx, rooms)
        mustBeDeletable(project)
        if (below.length > 0)
          throw new Refusal(
            'forbidden',
            `Cannot delete the project ${id} since it is not a leaf in the hierarchy. Use the cascade option if you want to delete a whole subtree.`,
          )
        await deleteProject(project, tx, rooms)
      }),

    async getTag(id: string, tag: string): Promise<void> {
      if (!(await get(id)).tags.includes(tag)) refuseUnknownTag(tag)
    },

    /** `tags` is asked for the new tags once the old ones are known. */
    updateTags: (id: string, verb: 'create' | 'update' | 'delete', tags: (before: readonly string[]) => readonly string[], cause: Cause) =>
      write(cause, async tx => {
        const before = (await store.find(id, tx.read)) ?? refuseUnknown(id)
        if (before.options.immutable)
          throw new Refusal(
            'forbidden',
            `Cannot ${verb} project tags for ${id}, project is immutable. Set "immutable" option to false before creating project tags.`,
          )
        const project = { ...before, tags: cleanTags(tags(before.tags)) }
        await store.update(tx, project)
        return project
      }),
  }
}

export type ProjectLogic = ReturnType<typeof projectLogic>

const refuseUnknown = (id: string): never => {
  throw new Refusal('not-found', `Could not find project: ${id}.`)
}
export const refuseUnknownTag = (tag: string): never => {
  throw new Refusal('not-found', `Could not find project tag: ${tag}.`)
}

function newProject(wish: CreateWish, rooms: Rooms, id: string): Project {
  const isDomain = wish.isDomain ?? false
  const domainId = isDomain ? null : (wish.domainId ?? rooms.defaultDomainId)
  const project: Project = {
    id,
    name: wish.name.trim(),
    domainId,
    parentId: isDomain ? null : (wish.parentId ?? domainId),
    isDomain,
    enabled: wish.enabled ?? true,
    description: wish.description ?? '',
    tags: cleanTags(wish.tags ?? []),
    options: withOptions({}, wish),
    extra: wish.extra ?? {},
  }
  mustBeUrlSafe(project, rooms)
  return project
}

const cleanTags = (tags: readonly string[]) => [...new Set(tags.map(tag => tag.trim()))].toSorted()

function withOptions(before: Project['options'], { options }: Wish): Project['options'] {
  const immutable = options?.immutable === undefined ? before.immutable : options.immutable
  return immutable === undefined || immutable === null ? {} : { immutable }
}

const changed = (before: Project, wish: Wish): Project => ({
  ...before,
  ...given({
    name: wish.name?.trim(),
    enabled: wish.enabled,
    description: wish.description,
    tags: wish.tags && cleanTags(wish.tags),
  }),
  options: withOptions(before.options, wish),
  extra: { ...before.extra, ...wish.extra },
})

function mustBeUrlSafe({ name, isDomain }: Project, { urlSafeNames }: Rooms) {
  const reserved = urlUnsafe(name)
  if (reserved !== '' && (isDomain ? urlSafeNames?.domains : urlSafeNames?.projects))
    throw new Refusal('invalid', `${isDomain ? 'Domain' : 'Project'} name cannot contain the following reserved characters: ${reserved}`)
}

function mustBeRoot({ parentId, domainId }: Wish) {
  if (parentId ?? domainId) throw new Refusal('invalid', 'only root projects are allowed to act as domains.')
}

/** The domain and the parent exist and agree, nothing above is disabled, and the branch is not too deep. */
async function mustFitIn(project: Project, tx: Transaction, { store, maxTreeDepth }: Rooms) {
  const { domainId, parentId } = project
  const domain = await store.find(domainId ?? '', tx.read)
  if (!domain?.isDomain) throw new Refusal('invalid', `Could not find domain: ${domainId}.`)
  const above = parentId === domain.id ? [domain] : await store.listAbove(project, tx.read)
  const [parent] = above
  if (!parent) throw new Refusal('invalid', `Could not find project: ${parentId}.`)
  if (parent.isDomain && parent.id !== domain.id)
    throw new Refusal(
      'invalid',
      `Cannot create project, the parent (${parent.id}) is acting as a domain, but this project's domain id (${domain.id}) does not match the parent's id.`,
    )
  if (!parent.isDomain && parent.domainId !== domain.id)
    throw new Refusal(
      'invalid',
      `Cannot create project, since it specifies its domain_id ${domain.id}, but specifies a parent in a different domain (${parent.domainId}).`,
    )
  const disabled = above.find(one => !one.enabled)
  if (disabled) throw new Refusal('invalid', `cannot create a project in a branch containing a disabled project: ${disabled.id}`)
  if (above.length > maxTreeDepth) throw new Refusal('forbidden', `Max hierarchy depth reached for ${parent.id} branch.`)
}

/** What is immutable changes in one way only: by taking that option back. */
function mustBeChangeable({ id, isDomain, options }: Project, wish: Wish) {
  if (!options.immutable) return
  const asked = Object.entries(given(wish)).filter(([field, value]) => field !== 'extra' || Object.keys(value ?? {}).length > 0)
  const takesBack = asked.length === 1 && (wish.options?.immutable === false || wish.options?.immutable === null)
  if (!takesBack)
    throw new Refusal(
      'forbidden',
      `Unable to update immutable ${isDomain ? 'domain' : 'project'} resource: \`${id}. Set resource option "immutable" to false first.`,
    )
}

function mustStayInPlace(before: Project, wish: Wish) {
  if (wish.domainId !== undefined && wish.domainId !== before.domainId) throw new Refusal('invalid', 'Cannot change Domain ID')
  if (wish.parentId !== undefined && wish.parentId !== before.parentId)
    throw new Refusal('forbidden', 'Update of `parent_id` is not allowed.')
  if (wish.isDomain !== undefined && wish.isDomain !== before.isDomain)
    throw new Refusal('invalid', 'Update of `is_domain` is not allowed.')
}

/** Disabling a domain switches off everything in it, whatever the state of what stands below. */
async function mustBeSwitchable(project: Project, tx: Transaction, store: ProjectStore) {
  const { id, enabled, isDomain } = project
  if (enabled && (await store.listAbove(project, tx.read)).some(one => !one.enabled))
    throw new Refusal('forbidden', `Cannot enable project ${id} since it has disabled parents`)
  if (!enabled && !isDomain && (await store.listBelow(id, tx.read)).some(one => one.enabled))
    throw new Refusal('forbidden', `Cannot disable project ${id} since its subtree contains enabled projects.`)
}

function mustBeDeletable({ id, isDomain, options }: Project) {
  if (options.immutable)
    throw new Refusal(
      'forbidden',
      `Unable to delete immutable ${isDomain ? 'domain' : 'project'} resource: \`${id}. Set resource option "immutable" to false first.`,
    )
}

async function deleteDomain(domain: Project, below: readonly Project[], tx: Transaction, rooms: Rooms) {
  const { id } = domain
  mustBeDeletable(domain)
  if (id === rooms.defaultDomainId)
    throw new Refusal('forbidden', 'You are not authorized to perform the requested action: delete the default domain.')
  if (domain.enabled) throw new Refusal('forbidden', 'Cannot delete a domain that is enabled, please disable it first.')
  for (const project of below.toReversed()) {
    mustBeDeletable(project)
    await deleteProject(project, tx, rooms)
  }
  await forget(rooms.others, 'forgetDomain', tx, id)
  await deleteProject(domain, tx, rooms)
}

async function deleteProject(project: Project, tx: Transaction, { store, others }: Rooms) {
  await forget(others, 'forgetProject', tx, project.id)
  await store.delete(tx, project)
}
