import type { Cause } from '@kilonova/platform/cause.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import type { AssignmentLogic } from '../assignments/logic/assignments.ts'
import { system, type Target } from '../assignments/assignment.ts'
import type { DomainLogic } from '../domains/logic.ts'
import type { EndpointLogic } from '../endpoints/logic.ts'
import type { ImpliedRoleLogic } from '../implied-roles/logic.ts'
import type { Project } from '../projects/project.ts'
import type { ProjectLogic } from '../projects/logic.ts'
import type { RegionLogic } from '../regions/logic.ts'
import type { RoleLogic } from '../roles/logic.ts'
import type { ServiceLogic } from '../services/logic.ts'
import type { UserLogic } from '../users/logic.ts'
import type { UserOptions } from '../users/user.ts'

export interface Rooms {
  readonly regions: RegionLogic
  readonly services: ServiceLogic
  readonly endpoints: EndpointLogic
  readonly domains: DomainLogic
  readonly projects: ProjectLogic
  readonly users: UserLogic
  readonly roles: RoleLogic
  readonly implied: ImpliedRoleLogic
  readonly assignments: AssignmentLogic
  readonly passwords: { hash(password: string): Promise<string>; verify(password: string, hashed: string): Promise<boolean> }
  readonly chance: Pick<Chance, 'hex'>
  readonly defaultDomainId: string
}

/** The first administrator, and identity's own place in the catalog: what `keystone-manage bootstrap` is told. */
export interface Administrator {
  readonly username: string
  readonly password: string
  readonly project: string
  readonly role: string
  readonly service: string
  readonly region?: string | undefined
  readonly urls: Readonly<Partial<Record<Face, string | undefined>>>
}

/** What a cloud begins with. */
export interface Beginning {
  readonly region: string
  readonly adminPassword: string
  readonly demoPassword: string
  /** The users under which services ask each other; each has the role admin in the project `service`. */
  readonly serviceUsers: readonly { readonly name: string; readonly password: string }[]
  readonly catalog: readonly {
    readonly name: string
    readonly type: string
    readonly description: string
    readonly url: string
    readonly adminUrl?: string
  }[]
  /** What there is to be seen to while the passwords of new people are hashed, beside this process's own thread. */
  readonly meanwhile?: (() => Promise<unknown>) | undefined
}

/** `_member_` is what old dashboards give; `service` is what services show each other. */
const roleNames = ['admin', 'member', 'reader', 'service', '_member_'] as const
type RoleName = (typeof roleNames)[number]

const faces = ['public', 'internal', 'admin'] as const
type Face = (typeof faces)[number]

/**
 * Makes what is missing of a cloud's beginning and leaves alone what is there: roles, the default domain, the first projects and users,
 * and the catalog, whose URLs follow the cloud when its ports are moved. Run at every start; in a cloud that is complete it only looks.
 */
export function bootstrapLogic(rooms: Rooms) {
  return {
    async ensure(beginning: Beginning, cause: Cause): Promise<void> {
      const roleIds = await ensureRoles(rooms, cause)
      await ensureDefaultDomain(rooms, cause)
      await ensureProject(rooms, serviceProject, cause)
      await ensurePeople(rooms, beginning, roleIds, cause)
      await ensureCatalog(rooms, beginning, cause)
    },

    /**
     * Makes what is missing of an administrator; one that is there is enabled and gets the password that is told, as by Keystone. Says in a
     * line each what was changed.
     */
    async ensureAdministrator(wish: Administrator, cause: Cause): Promise<readonly string[]> {
      const done: string[] = []
      const standard = await ensureRoles(rooms, cause)
      await ensureDefaultDomain(rooms, cause)
      const roleId = await ensureRole(rooms, wish.role, standard, cause)
      const project = await ensureProject(
        rooms,
        { name: wish.project, description: 'Bootstrap project for initializing the cloud.' },
        cause,
      )
      const userId = await ensureAdministratorsUser(rooms, wish, cause, done)
      const actor = { type: 'user', id: userId } as const
      for (const target of [{ type: 'project', id: project.id } as const, system])
        await rooms.assignments.give({ actor, target, roleId, inherited: false }, cause)
      done.push(...(await ensureIdentityInCatalog(rooms, wish, cause)))
      return done
    },
  }
}

async function ensureAdministratorsUser(
  rooms: Rooms,
  { username, password }: Administrator,
  cause: Cause,
  done: string[],
): Promise<string> {
  const { users, passwords, chance, defaultDomainId } = rooms
  const known = await users.findForLogin({ name: username, domainId: defaultDomainId })
  if (!known) {
    const id = chance.hex()
    await users.create({ id, name: username, domainId: defaultDomainId, password }, cause)
    done.push(`created the user ${username}`)
    return id
  }
  const hasPassword = known.passwordHash !== null && (await passwords.verify(password, known.passwordHash))
  if (hasPassword && known.enabled) return known.id
  await users.update(known.id, { enabled: true, ...(hasPassword ? {} : { password }) }, cause)
  if (!hasPassword) done.push(`changed the password of the user ${username}`)
  if (!known.enabled) done.push(`enabled the user ${username}`)
  return known.id
}

async function ensureIdentityInCatalog(rooms: Rooms, { service: name, region, urls }: Administrator, cause: Cause) {
  const done: string[] = []
  if (region !== undefined && !(await rooms.regions.list()).some(({ id }) => id === region)) {
    await rooms.regions.create({ id: region }, cause)
    done.push(`created the region ${region}`)
  }
  if (Object.values(urls).every(url => url === undefined)) return done
  const service =
    (await rooms.services.list()).find(one => one.type === 'identity') ??
    (await rooms.services.create({ name, type: 'identity', description: 'OpenStack Identity' }, cause))
  const mine = (await rooms.endpoints.list()).filter(one => one.serviceId === service.id && one.regionId === (region ?? null))
  for (const face of faces) {
    const url = urls[face]
    if (url === undefined) continue
    const known = mine.find(one => one.interface === face)
    if (known?.url === url) continue
    if (known) await rooms.endpoints.update(known.id, { url }, cause)
    else await rooms.endpoints.create({ serviceId: service.id, regionId: region ?? null, interface: face, url }, cause)
    done.push(`${known ? 'changed' : 'created'} the ${face} endpoint ${url}`)
  }
  return done
}

interface Person {
  readonly name: string
  readonly password: string
  readonly project: { readonly name: string; readonly description: string }
  readonly roles: readonly RoleName[]
  readonly onSystem?: readonly RoleName[]
  readonly options: UserOptions
}

/** Their passwords are in a file that the launcher keeps; nobody is there to change them. */
const asStored: UserOptions = { ignore_change_password_upon_first_use: true }
/** Nor may anybody lock services out by guessing, or time. */
const asProgram: UserOptions = {
  ...asStored,
  ignore_password_expiry: true,
  ignore_lockout_failure_attempts: true,
  ignore_user_inactivity: true,
}

/** There also where no service has a user yet: whoever installs one by hand looks for it. */
const serviceProject = { name: 'service', description: 'Where the cloud’s own services live' } as const

const peopleOf = ({ adminPassword, demoPassword, serviceUsers }: Beginning): readonly Person[] => [
  {
    name: 'admin',
    password: adminPassword,
    project: { name: 'admin', description: 'The cloud’s administrators' },
    roles: ['admin'],
    onSystem: ['admin'],
    options: asStored,
  },
  {
    name: 'demo',
    password: demoPassword,
    project: { name: 'demo', description: 'A project to try things in' },
    roles: ['member', 'reader'],
    options: asStored,
  },
  ...serviceUsers.map(user => ({
    ...user,
    project: serviceProject,
    roles: ['admin', 'service'] as const,
    options: asProgram,
  })),
]

async function ensureDefaultDomain({ domains, defaultDomainId }: Rooms, cause: Cause) {
  if (!(await domains.findByName('Default')))
    await domains.create({ id: defaultDomainId, name: 'Default', description: 'The default domain' }, cause)
}

async function ensureRole({ roles }: Rooms, name: string, standard: Readonly<Record<string, string>>, cause: Cause): Promise<string> {
  const known = standard[name] ?? (await roles.list({ domainId: null })).find(role => role.name === name)?.id
  return known ?? (await roles.create({ name, domainId: null }, cause)).id
}

async function ensureRoles({ roles, implied }: Rooms, cause: Cause): Promise<Readonly<Record<RoleName, string>>> {
  const found = await roles.list({ domainId: null })
  const ids: Partial<Record<RoleName, string>> = {}
  for (const name of roleNames)
    ids[name] = (found.find(role => role.name === name) ?? (await roles.create({ name, domainId: null }, cause))).id
  const { admin, member, reader } = ids as Record<RoleName, string>
  const inferences = await implied.inferences()
  const implies = (prior: string, id: string) => inferences.some(one => one.prior.id === prior && one.implies.some(role => role.id === id))
  if (!implies(admin, member)) await implied.create(admin, member, cause)
  if (!implies(member, reader)) await implied.create(member, reader, cause)
  return ids as Record<RoleName, string>
}

/** Who is there is left as it is: an administrator may have changed it since. The passwords of the others are hashed all at once. */
async function ensurePeople(rooms: Rooms, beginning: Beginning, roleIds: Readonly<Record<RoleName, string>>, cause: Cause) {
  const { users, passwords, defaultDomainId } = rooms
  const missing: Person[] = []
  for (const person of peopleOf(beginning))
    if (!(await users.findForLogin({ name: person.name, domainId: defaultDomainId }))) missing.push(person)
  if (missing.length === 0) return
  const hashing = Promise.all(missing.map(async person => ({ ...person, passwordHash: await passwords.hash(person.password) })))
  const [hashed] = await Promise.all([hashing, beginning.meanwhile?.()])
  for (const person of hashed) await makePerson(rooms, person, roleIds, cause)
}

async function makePerson(
  rooms: Rooms,
  person: Person & { readonly passwordHash: string },
  roleIds: Readonly<Record<RoleName, string>>,
  cause: Cause,
) {
  const { users, assignments, chance, defaultDomainId } = rooms
  const project = await ensureProject(rooms, person.project, cause)
  const id = chance.hex()
  const give = (target: Target, role: RoleName) =>
    assignments.give({ actor: { type: 'user', id }, target, roleId: roleIds[role], inherited: false }, cause)
  for (const role of person.roles) await give({ type: 'project', id: project.id }, role)
  for (const role of person.onSystem ?? []) await give(system, role)
  // Last, so that a start that is cut short never leaves a user without its roles.
  const { name, password, passwordHash, options } = person
  await users.create({ id, name, domainId: defaultDomainId, password, passwordHash, options, isCloudsOwn: true }, cause)
}

const ensureProject = async ({ projects, defaultDomainId }: Rooms, wish: Person['project'], cause: Cause): Promise<Project> =>
  (await projects.findByName(defaultDomainId, wish.name)) ?? (await projects.create({ ...wish, domainId: defaultDomainId }, cause))

async function ensureCatalog({ regions, services, endpoints }: Rooms, { region, catalog }: Beginning, cause: Cause) {
  const known = await regions.list()
  if (!known.some(one => one.id === region)) await regions.create({ id: region }, cause)
  const allServices = await services.list()
  const allEndpoints = await endpoints.list()
  for (const { name, type, description, url, adminUrl = url } of catalog) {
    const service =
      allServices.find(one => one.type === type && one.name === name) ?? (await services.create({ name, type, description }, cause))
    for (const face of faces) {
      const wanted = face === 'admin' ? adminUrl : url
      const mine = allEndpoints.filter(one => one.serviceId === service.id && one.regionId === region && one.interface === face)
      if (mine.length === 0) await endpoints.create({ serviceId: service.id, regionId: region, interface: face, url: wanted }, cause)
      else if (mine.length === 1 && mine[0] && mine[0].url !== wanted) await endpoints.update(mine[0].id, { url: wanted }, cause)
    }
  }
}
