import type { Cause } from '@kilonova/platform/cause.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Filter } from '../filters/filter.ts'
import type { ProjectLogic, Wish as ProjectWish } from '../projects/logic.ts'
import type { Domain } from './domain.ts'

export interface Rooms {
  readonly projects: Pick<ProjectLogic, 'get' | 'list' | 'findByName' | 'create' | 'update' | 'delete'>
}

export type Wish = Omit<ProjectWish, 'domainId' | 'parentId' | 'isDomain'>

/** Domains are kept as projects and follow their rules; here is only what tells the two apart. */
export function domainLogic({ projects }: Rooms) {
  const get = async (id: string): Promise<Domain> => {
    const project = await projects.get(id).catch(error => {
      throw error instanceof Refusal && error.kind === 'not-found' ? unknown(id) : error
    })
    if (!project.isDomain) throw unknown(id)
    return project
  }

  return {
    get,
    findByName: (name: string): Promise<Domain | undefined> => projects.findByName(null, name),
    list: (
      filter: { ids?: readonly string[] | undefined; name?: string | undefined; enabled?: boolean | undefined },
      filters: readonly Filter[] = [],
    ) => projects.list({ ...filter, isDomain: true }, filters),

    create: (wish: Wish & { readonly name: string; readonly id?: string | undefined }, cause: Cause): Promise<Domain> =>
      projects.create({ ...wish, isDomain: true }, cause),

    async update(id: string, wish: Wish, cause: Cause): Promise<Domain> {
      await get(id)
      return await projects.update(id, wish, cause)
    },

    /** With everything that belongs to it. */
    async delete(id: string, cause: Cause): Promise<void> {
      await get(id)
      await projects.delete(id, cause)
    },
  }
}

export type DomainLogic = ReturnType<typeof domainLogic>

const unknown = (id: string) => new Refusal('not-found', `Could not find domain: ${id}.`)
