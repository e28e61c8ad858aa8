import type { ImageFinder } from '../contract/find.ts'
import { idForm, type Location, type Viewer } from '../images/image.ts'
import type { Logics } from '../routes.ts'

const cloud: Viewer = { projectId: undefined, userId: undefined, isAdmin: true, roles: [] }

/** How the services of this process look at images. */
export const imageFinder = ({ images, viewerOf }: Pick<Logics, 'images' | 'viewerOf'>): ImageFinder => ({
  async find(id, caller) {
    const seen = idForm.test(id) ? await images.look(id.toLowerCase(), caller ? viewerOf(caller) : cloud) : undefined
    if (!seen) return undefined
    const { name, status, diskFormat, containerFormat, minDiskGb, minRamMb, sizeBytes, virtualSizeBytes, properties, ...rest } = seen.image
    const { hashAlgorithm, hashValue, locations } = rest
    return {
      ...{ id: rest.id, name, status, diskFormat, containerFormat, minDiskGb, minRamMb, sizeBytes, virtualSizeBytes, properties },
      hash: hashAlgorithm === null || hashValue === null ? undefined : { algorithm: hashAlgorithm, value: hashValue },
      source: sourceOf(locations),
    }
  },
})

/** A file of this host, where there is one: it costs nothing to copy. */
function sourceOf(locations: readonly Location[]) {
  const file = locations.find(({ url }) => url.startsWith('file:///'))
  if (file) return { from: 'file', path: decodeURIComponent(new URL(file.url).pathname) } as const
  const web = locations.find(({ url }) => /^https?:/i.test(url))
  return web && ({ from: 'http', url: web.url } as const)
}
