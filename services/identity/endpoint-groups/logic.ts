import type { Cause } from '@kilonova/platform/cause.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import { given } from '@kilonova/platform/given.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Endpoint } from '../endpoints/endpoint.ts'
import type { Project } from '../projects/project.ts'
import type { Transaction, Write } from '../tables.ts'
import { mustKeepId, refuseMissing } from '../wishes/wish.ts'
import { type EndpointGroup, type Filters, filterNames, isIn } from './endpoint-group.ts'
import type { EndpointGroupStore } from './store.ts'

type From = Transaction['read']

export interface Rooms {
  readonly store: EndpointGroupStore
  readonly write: Write
  readonly chance: Pick<Chance, 'hex'>
  /** The endpoints there are; main hands in their store. */
  readonly endpoints: {
    find(id: string, from?: From): Promise<Endpoint | undefined>
    list(filter?: object, from?: From): Promise<readonly Endpoint[]>
  }
}

/** What a client wishes a group to be; what it leaves out stays as it is. */
export type Wish = { readonly [Field in keyof Omit<EndpointGroup, 'id'>]?: EndpointGroup[Field] | undefined }

/**
 * Which endpoints projects see in their catalogs: given one by one, or in groups of what is alike. A project that was given none sees all
 * (see catalog/).
 */
export function endpointGroupLogic({ store, write, chance, endpoints }: Rooms) {
  const get = async (id: string, from?: From): Promise<EndpointGroup> => (await store.find(id, from)) ?? refuseUnknown('Endpoint Group', id)
  const mustBeProject = async (id: string, from?: From) => (await store.findProject(id, from)) ?? refuseUnknown('project', id)
  const mustBeEndpoint = async (id: string, from?: From) => (await endpoints.find(id, from)) ?? refuseUnknown('endpoint', id)

  return {
    list: () => store.list(),
    get: (id: string) => get(id),

    create: (wish: Wish & Pick<EndpointGroup, 'name' | 'filters'>, cause: Cause): Promise<EndpointGroup> =>
      write(cause, async tx => {
        if (Object.keys(wish.filters).length === 0) throw new Refusal('invalid', 'filters field is required and cannot be empty')
        mustFilter(wish.filters)
        const { name, filters } = wish
        const group: EndpointGroup = { description: null, ...given(wish), name, filters, id: chance.hex() }
        await store.insert(tx, group)
        return group
      }),

    update: (id: string, { id: wishedId, ...wish }: Wish & { id?: string | undefined }, cause: Cause): Promise<EndpointGroup> =>
      write(cause, async tx => {
        if (wish.filters) mustFilter(wish.filters)
        mustKeepId(id, wishedId)
        const group: EndpointGroup = { ...(await get(id, tx.read)), ...given(wish) }
        await store.update(tx, group)
        return group
      }),

    delete: (id: string, cause: Cause): Promise<void> => write(cause, async tx => void (await store.delete(tx, await get(id, tx.read)))),

    async listEndpoints(id: string): Promise<readonly Endpoint[]> {
      const { filters } = await get(id)
      return (await endpoints.list()).filter(endpoint => isIn(filters, endpoint))
    },

    /** NOTE: Keystone does not ask whether there is such a group. */
    listProjects: (groupId: string): Promise<readonly Project[]> => store.listProjects({ groupId }),

    async getInProject(groupId: string, projectId: string): Promise<{ endpointGroupId: string; projectId: string }> {
      await mustBeProject(projectId)
      await get(groupId)
      if (!(await store.isGiven(groupId, projectId))) refuseUngiven()
      return { endpointGroupId: groupId, projectId }
    },

    addToProject: (groupId: string, projectId: string, cause: Cause): Promise<void> =>
      write(cause, async tx => {
        await mustBeProject(projectId, tx.read)
        await get(groupId, tx.read)
        await store.insertGift(tx, groupId, projectId)
      }),

    removeFromProject: (groupId: string, projectId: string, cause: Cause): Promise<void> =>
      write(cause, async tx => {
        await mustBeProject(projectId, tx.read)
        await get(groupId, tx.read)
        if (!(await store.isGiven(groupId, projectId, tx.read))) refuseUngiven()
        await store.deleteGift(tx, groupId, projectId)
      }),

    async listOfProject(projectId: string): Promise<readonly EndpointGroup[]> {
      await mustBeProject(projectId)
      return store.listOfProject(projectId)
    },

    /** Those given one by one and those in the project's groups. */
    async listEndpointsOfProject(projectId: string): Promise<readonly Endpoint[]> {
      await mustBeProject(projectId)
      const [ids, groups, all] = await Promise.all([store.listEndpointIds(projectId), store.listOfProject(projectId), endpoints.list()])
      return all.filter(endpoint => ids.includes(endpoint.id) || groups.some(group => isIn(group.filters, endpoint)))
    },

    async checkEndpoint(projectId: string, endpointId: string): Promise<void> {
      await mustBeEndpoint(endpointId)
      await mustBeProject(projectId)
      await mustHaveEndpoint(projectId, endpointId, store)
    },

    addEndpoint: (projectId: string, endpointId: string, cause: Cause): Promise<void> =>
      write(cause, async tx => {
        await mustBeEndpoint(endpointId, tx.read)
        await mustBeProject(projectId, tx.read)
        await store.insertEndpoint(tx, projectId, endpointId)
      }),

    removeEndpoint: (projectId: string, endpointId: string, cause: Cause): Promise<void> =>
      write(cause, async tx => {
        await mustHaveEndpoint(projectId, endpointId, store, tx.read)
        await store.deleteEndpoint(tx, projectId, endpointId)
      }),

    async listProjectsOfEndpoint(endpointId: string): Promise<readonly Project[]> {
      await mustBeEndpoint(endpointId)
      return store.listProjects({ endpointId })
    },

    async forgetProject(tx: Transaction, projectId: string): Promise<void> {
      for (const endpointId of await store.listEndpointIds(projectId, tx.read)) await store.deleteEndpoint(tx, projectId, endpointId)
      for (const group of await store.listOfProject(projectId, tx.read)) await store.deleteGift(tx, group.id, projectId)
    },

    async forgetEndpoint(tx: Transaction, endpointId: string): Promise<void> {
      for (const projectId of await store.listProjectIds(endpointId, tx.read)) await store.deleteEndpoint(tx, projectId, endpointId)
    },
  }
}

export type EndpointGroupLogic = ReturnType<typeof endpointGroupLogic>

const refuseUnknown = (what: string, id: string): never => {
  throw new Refusal('not-found', `Could not find ${what}: ${id}.`)
}

const refuseUngiven = (): never => {
  throw new Refusal('not-found', 'Endpoint Group Project Association not found')
}

function mustFilter(filters: Filters) {
  if (Object.keys(filters).some(key => !filterNames.some(name => name === key))) refuseMissing(filterNames.join(' or '), 'endpoint_group')
}

async function mustHaveEndpoint(projectId: string, endpointId: string, store: EndpointGroupStore, from?: From) {
  if (!(await store.listEndpointIds(projectId, from)).includes(endpointId))
    throw new Refusal('not-found', `Endpoint ${endpointId} not found in project ${projectId}`)
}
