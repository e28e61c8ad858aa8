import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Image, Viewer } from '../image.ts'

/** Who may be shown an image at all; to anybody else it does not exist. */
export const isSeenBy = (image: Pick<Image, 'owner' | 'visibility'>, viewer: Viewer, isMember: boolean): boolean =>
  viewer.isAdmin ||
  image.owner === null ||
  image.visibility === 'public' ||
  image.visibility === 'community' ||
  (viewer.projectId !== undefined && image.owner === viewer.projectId) ||
  (image.visibility === 'shared' && isMember)

/** Older policy rules leave this to the service: only its owner changes an image, besides an administrator. */
export function mustOwn({ owner }: Pick<Image, 'owner'>, { isAdmin, projectId }: Viewer): void {
  if (!isAdmin && (owner === null || owner !== projectId)) throw new Refusal('forbidden', 'You do not own this image')
}

export const refuseUnknown = (id: string): never => {
  throw new Refusal('not-found', `No image found with ID ${id}`)
}
