import type { Caller } from '@kilonova/platform/policy/caller.ts'
import type { Image, SeenImage, Viewer } from '../image.ts'
import type { ImageLogic } from './images.ts'
import { refuseUnknown } from './sight.ts'

/** How the callers of this service look at images. */
export interface Seeing {
  viewerOf(caller: Caller): Viewer
}

interface AskedOfOne {
  readonly caller: Caller
  readonly params: { readonly image_id: string }
}

/**
 * What every route of one image begins with. An image that the caller may not see is not there; policy is asked as if it were the caller's
 * own, so that those who may do the thing hear 404, and only the others 403.
 */
export const ofOneImage = (images: Pick<ImageLogic, 'look'>, { viewerOf }: Seeing) => ({
  about: ({ caller, params }: AskedOfOne) => images.look(params.image_id, viewerOf(caller)),
  target: ({ caller, about }: AskedOfOne & { about: SeenImage | undefined }) => targetOf(about, caller),
})

/** The image, once policy has spoken. */
export const seen = (about: SeenImage | undefined, id: string): Image => about?.image ?? refuseUnknown(id)

/** What policy rules may name. `project_id` is the owner's. */
export function targetOf(about: SeenImage | undefined, { projectId, userId }: Caller): Readonly<Record<string, unknown>> {
  if (!about) return { project_id: projectId, tenant: projectId, owner: projectId, user_id: userId, visibility: 'private', member_id: null }
  const { image, memberId } = about
  return {
    ...image.properties,
    image_id: image.id,
    name: image.name,
    status: image.status,
    visibility: image.visibility,
    owner: image.owner,
    project_id: image.owner,
    tenant: image.owner,
    disk_format: image.diskFormat,
    container_format: image.containerFormat,
    protected: image.isProtected,
    member_id: memberId,
  }
}
