import type { Cause } from '@kilonova/platform/cause.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { asDone } from '../../wishes/wish.ts'
import type { RoleLogic } from '../../roles/logic.ts'
import type { Role } from '../../roles/role.ts'
import type { Transaction, Write } from '../../tables.ts'
import type { Actor, Assignment, Target } from '../assignment.ts'
import type { AssignmentStore } from '../store.ts'
import { listWith, namesWith } from './list.ts'

export interface Rooms {
  readonly store: AssignmentStore
  readonly write: Write
  readonly roles: Pick<RoleLogic, 'get' | 'listByIds'>
}

/** Those whom an assignment brings together, with the domains they belong to; who is not there is left out. */
export interface Parties {
  readonly user?: Placed | undefined
  readonly group?: Placed | undefined
  readonly project?: Placed | undefined
  readonly domain?: { readonly id: string } | undefined
  readonly role?: Role | undefined
}

interface Placed {
  readonly id: string
  readonly domainId: string
}

/** Who has which role on what: giving, taking and telling. */
export function assignmentLogic({ store, write, roles }: Rooms) {
  const list = listWith(store)

  return {
    list,
    namesOf: namesWith(store),

    /** Refuses with `not-found` what is not there; the user or group may be gone where an assignment is only taken away. */
    async parties(actor: Actor, target: Target, roleId?: string, { mayBeGone = false } = {}): Promise<Parties> {
      const found = actor.type === 'user' ? await store.findUser(actor.id) : await store.findGroup(actor.id)
      const role = roleId === undefined ? undefined : await roles.get(roleId)
      if (!found && !mayBeGone) throw new Refusal('not-found', `Could not find ${actor.type}: ${actor.id}.`)
      return { [actor.type]: found, role, ...(await targetParty(store, target)) }
    },

    /** Giving a role that is already held changes nothing. */
    async give(assignment: Assignment, cause: Cause): Promise<void> {
      const { target, roleId } = assignment
      await mustFit(await roles.get(roleId), target, store)
      await write(cause, async tx => {
        if (!(await store.find(assignment, tx.read))) await store.insert(tx, assignment)
      }).catch(asDone)
    },

    async check(assignment: Assignment): Promise<void> {
      if (!(await store.find(assignment))) refuseUnknown(assignment)
    },

    take: (assignment: Assignment, cause: Cause): Promise<void> =>
      write(cause, async tx => {
        if (!(await store.find(assignment, tx.read))) refuseUnknown(assignment)
        await store.delete(tx, assignment)
      }),

    /** The roles given just there, without what follows from others. */
    async rolesGiven(actor: Actor, target: Target, inherited: boolean): Promise<readonly Role[]> {
      const found = await store.list({ actors: [actor], targetTypes: [target.type], targetIds: [target.id], inherited })
      return roles.listByIds(found.map(one => one.roleId))
    },

    /** The ids of the roles that take effect for a user on a project: by groups, from above, by implication. */
    async rolesOn(userId: string, projectId: string, { withDomainRoles = false } = {}): Promise<readonly string[]> {
      return unique((await list({ userId, projectId, effective: true, withDomainRoles })).map(one => one.roleId))
    },

    /** The ids of the projects on which a user has any role that takes effect. */
    projectsOf: async (userId: string): Promise<readonly string[]> => idsOf('project', await list({ userId, effective: true })),

    domainsOf: async (userId: string): Promise<readonly string[]> => idsOf('domain', await list({ userId, effective: true })),

    systemRolesOf: async (userId: string): Promise<readonly string[]> =>
      unique((await list({ userId, ofSystem: true, effective: true })).map(one => one.roleId)),

    forgetUser: (tx: Transaction, id: string) => store.deleteAll(tx, { actor: { type: 'user', id } }),
    forgetGroup: (tx: Transaction, id: string) => store.deleteAll(tx, { actor: { type: 'group', id } }),
    forgetProject: (tx: Transaction, id: string) => store.deleteAll(tx, { targetId: id }),
    forgetDomain: (tx: Transaction, id: string) => store.deleteAll(tx, { targetId: id }),
    forgetRole: (tx: Transaction, roleId: string) => store.deleteAll(tx, { roleId }),
  }
}

export type AssignmentLogic = ReturnType<typeof assignmentLogic>

const unique = <T>(all: readonly T[]): readonly T[] => [...new Set(all)]

const idsOf = (type: Target['type'], all: readonly Assignment[]) =>
  unique(all.flatMap(({ target }) => (target.type === type ? [target.id] : [])))

async function targetParty(store: AssignmentStore, { type, id }: Target): Promise<Pick<Parties, 'project' | 'domain'>> {
  if (type === 'system') return {}
  const found = await store.findProject(id)
  if (!found || (type === 'domain' && !found.isDomain)) throw new Refusal('not-found', `Could not find ${type}: ${id}.`)
  return type === 'domain' ? { domain: { id } } : { project: { id, domainId: found.domainId } }
}

async function mustFit(role: Role, { type, id }: Target, store: AssignmentStore) {
  if (role.domainId === null) return
  if (type === 'system')
    throw new Refusal('invalid', `Role ${role.id} is a domain-specific role. Unable to use a domain-specific role in a system assignment.`)
  if (type === 'project' && (await store.findProject(id))?.domainId !== role.domainId)
    throw new Refusal('forbidden', `Project ${id} must be in the same domain as the role ${role.id} being assigned.`)
}

const refuseUnknown = ({ actor, target, roleId }: Assignment): never => {
  throw new Refusal(
    'not-found',
    `Could not find role assignment with role: ${roleId}, user or group: ${actor.id}, project, domain, or system: ${target.id}.`,
  )
}
