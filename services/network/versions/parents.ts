import type { Viewer } from '../listings/listing.ts'
import type { Within } from '../standards/standard/act.ts'
import type { Wire } from './showing.ts'

/** What rules ask of a thing inside another: it is owned by whoever owns that one, which `param` of the path names. */
export const ownedBy =
  (param: string, get: (id: string, viewer: Viewer) => Promise<{ readonly projectId: string }>) =>
  async (wires: readonly Wire[], viewer: Viewer, within: Within): Promise<readonly Wire[]> => {
    const { projectId } = await get(within[param] ?? '', viewer)
    return wires.map(() => ({ project_id: projectId, tenant_id: projectId, 'ext_parent:tenant_id': projectId }))
  }
