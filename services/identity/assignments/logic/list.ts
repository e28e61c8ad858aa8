import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Actor, EffectiveAssignment, NamedThing, Target } from '../assignment.ts'
import type { AssignmentStore, Place, PlacedAssignment } from '../store.ts'
import { ancestors, descendants, effectOf } from './effect.ts'

/** Which assignments are asked for. */
export interface Question {
  readonly userId?: string | undefined
  readonly groupId?: string | undefined
  readonly roleId?: string | undefined
  readonly projectId?: string | undefined
  readonly domainId?: string | undefined
  /** The system's only. */
  readonly ofSystem?: boolean
  readonly inherited?: boolean | undefined
  /** Follow groups, inheritance and implied roles. */
  readonly effective?: boolean
  /** With `projectId`: the projects below it as well. */
  readonly withSubtree?: boolean
  /** With `effective`: show the roles of domains too, which otherwise only stand for what they imply. */
  readonly withDomainRoles?: boolean
  /** Only what lies in this domain, for those who may see no more. */
  readonly within?: string | undefined
}

/** The names of everything that some assignments mention, by id. */
export type Names = Readonly<Record<'users' | 'groups' | 'projects' | 'roles', ReadonlyMap<string, NamedThing>>>

export const listWith =
  (store: AssignmentStore) =>
  async (question: Question): Promise<readonly EffectiveAssignment[]> => {
    mustMakeSense(question)
    return question.effective ? listEffective(store, question) : listDirect(store, question)
  }

export const namesWith =
  (store: AssignmentStore) =>
  async (assignments: readonly EffectiveAssignment[]): Promise<Names> => {
    const ids = (type: (Actor | Target)['type'], of: (one: EffectiveAssignment) => Actor | Target) => [
      ...new Set(assignments.map(of).flatMap(one => (one.type === type ? [one.id] : []))),
    ]
    const [users, groups] = [ids('user', one => one.actor), ids('group', one => one.actor)]
    const projects = [...ids('project', one => one.target), ...ids('domain', one => one.target)]
    return {
      users: byId(await store.listUsers(users)),
      groups: byId(await store.listGroups(groups)),
      projects: byId(await store.listProjects(projects)),
      roles: byId(await store.listRoles([...new Set(assignments.map(one => one.roleId))])),
    }
  }

const byId = (things: readonly NamedThing[]) => new Map(things.map(thing => [thing.id, thing]))

function mustMakeSense({ userId, groupId, projectId, domainId, ofSystem, effective, inherited, withSubtree }: Question) {
  if (domainId && projectId) refuse('Specify a domain or project, not both')
  if (domainId && ofSystem) refuse('Specify system or domain, not both')
  if (projectId && ofSystem) refuse('Specify system or project, not both')
  if (userId && groupId) refuse('Specify a user or group, not both')
  if (effective && groupId) refuse('Combining effective and group filter will always result in an empty list.')
  if (effective && inherited && domainId) refuse('Combining effective, domain and inherited filters will always result in an empty list.')
  if (withSubtree && !projectId) refuse('scope.project.id must be specified if include_subtree is also specified')
}

const refuse = (message: string): never => {
  throw new Refusal('invalid', message)
}

const isWithin = (one: PlacedAssignment, domainId: string | undefined) =>
  domainId === undefined || one.projectDomainId === domainId || (one.target.type === 'domain' && one.target.id === domainId)

async function listDirect(store: AssignmentStore, question: Question): Promise<readonly EffectiveAssignment[]> {
  const { userId, groupId, roleId, projectId, domainId, ofSystem, inherited } = question
  const actor: Actor | undefined = userId ? { type: 'user', id: userId } : groupId ? { type: 'group', id: groupId } : undefined
  const found = await store.list({
    actors: actor && [actor],
    targetTypes: ofSystem ? ['system'] : projectId ? ['project'] : domainId ? ['domain'] : undefined,
    targetIds: projectId ? await projectsMeant(store, question) : domainId ? [domainId] : undefined,
    roleId,
    inherited,
  })
  return found.filter(one => isWithin(one, question.within))
}

async function projectsMeant(store: AssignmentStore, { projectId = '', withSubtree }: Question): Promise<readonly string[]> {
  if (!withSubtree) return [projectId]
  const places = await placesAround(store, projectId)
  return [projectId, ...descendants(places)(projectId)]
}

async function placesAround(store: AssignmentStore, projectId: string): Promise<readonly Place[]> {
  const project = (await store.findProject(projectId)) ?? refuseUnknown(projectId)
  return store.listPlaces([project.isDomain ? project.id : project.domainId])
}

const refuseUnknown = (id: string): never => {
  throw new Refusal('not-found', `Could not find project: ${id}.`)
}

/**
 * NOTE: as in Keystone, the system's assignments have no part in the effective list; they are followed only when the system is what is
 * asked about.
 */
async function listEffective(store: AssignmentStore, question: Question): Promise<readonly EffectiveAssignment[]> {
  const { userId, roleId, projectId } = question
  const near = projectId ? await placesAround(store, projectId) : undefined
  const meant = projectId ? new Set([projectId, ...(question.withSubtree && near ? descendants(near)(projectId) : [])]) : undefined
  const sources = await sourcesOf(store, question, { near, meant })
  const groupIds = new Set(sources.flatMap(({ actor }) => (actor.type === 'group' ? [actor.id] : [])))
  const all = effectOf(sources, {
    places: near ?? (await store.listPlaces(domainsSpreadFrom(sources))),
    members: userId ? [...groupIds].map(groupId => ({ groupId, userId })) : await store.listMembers([...groupIds]),
    implied: await store.listImplied(),
  })
  const hidden = new Set(question.withDomainRoles ? [] : await store.listDomainRoleIds())
  return all.filter(
    one =>
      !hidden.has(one.roleId) &&
      (roleId === undefined || one.roleId === roleId) &&
      (meant === undefined || (one.target.type === 'project' && meant.has(one.target.id))),
  )
}

const domainsSpreadFrom = (sources: readonly PlacedAssignment[]): readonly string[] => [
  ...new Set(sources.flatMap(one => (one.inherited ? [one.target.type === 'domain' ? one.target.id : one.projectDomainId] : []))),
]

/** The assignments that can have an effect on what is asked about. */
async function sourcesOf(
  store: AssignmentStore,
  { userId, projectId, domainId, ofSystem, inherited, within }: Question,
  { near, meant }: { near: readonly Place[] | undefined; meant: ReadonlySet<string> | undefined },
): Promise<readonly PlacedAssignment[]> {
  const actors: readonly Actor[] | undefined = userId
    ? [{ type: 'user', id: userId }, ...(await store.listGroupIdsOf(userId)).map(id => ({ type: 'group', id }) as const)]
    : undefined
  const targetIds =
    projectId && near && meant
      ? [...meant, ...ancestors(projectId, near), ...new Set(near.map(place => place.domainId))]
      : domainId
        ? [domainId]
        : undefined
  const found = await store.list({
    actors,
    targetTypes: ofSystem ? ['system'] : domainId ? ['domain'] : ['project', 'domain'],
    targetIds,
    inherited: domainId ? false : inherited,
  })
  return found.filter(one => isWithin(one, within) && !(projectId && one.target.type === 'domain' && !one.inherited))
}
