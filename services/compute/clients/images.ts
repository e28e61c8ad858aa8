import type { GuestImage } from '@kilonova/hypervisor/contract/guest.ts'
import type { FoundImage, ImageFinder } from '@kilonova/image/contract/find.ts'
export type { ImageKeeper } from '@kilonova/image/contract/keep.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'

type Caller = Parameters<ImageFinder['find']>[1]

/** An image that guests start from, and what a flavor must have for it. */
export interface BootImage extends GuestImage {
  readonly minRamMb?: number | undefined
  readonly minDiskGb?: number | undefined
  /** As the image service says them. */
  readonly diskFormat?: string | undefined
  readonly containerFormat?: string | undefined
  readonly properties?: Readonly<Record<string, string>> | undefined
}

/** How images are found: for a caller, who must be able to see it, or for the cloud itself. */
export interface Images {
  /** Nothing when there is none. Refuses one that nothing can be started from. */
  find(id: string, caller?: Caller): Promise<BootImage | undefined>
}

/** The image service of this process. */
export const imageClient = (finder: ImageFinder): Images => ({
  async find(id, caller) {
    const image = await finder.find(id, caller)
    return image && bootable(image)
  },
})

function bootable({
  id,
  status,
  diskFormat,
  containerFormat,
  source,
  sizeBytes,
  hash,
  minRamMb,
  minDiskGb,
  properties,
}: FoundImage): BootImage {
  if (status !== 'active') throw new Refusal('invalid', `Image ${id} is not active.`)
  const format = formats[diskFormat ?? '']
  if (format === undefined)
    throw new Refusal('invalid', `Image ${id} is unacceptable: guests do not start from ${diskFormat ?? 'no format'}.`)
  if (!source) throw new Refusal('invalid', `Image ${id} is unacceptable: it has no data.`)
  return {
    ...{ id, format, source, minRamMb, minDiskGb, properties },
    ...{ diskFormat: diskFormat ?? undefined, containerFormat: containerFormat ?? undefined },
    ...(sizeBytes === null ? {} : { sizeBytes }),
    ...(hash?.algorithm === 'sha512' ? { sha512: hash.value } : {}),
  }
}

const formats: Readonly<Record<string, 'raw' | 'qcow2'>> = { raw: 'raw', iso: 'raw', ami: 'raw', qcow2: 'qcow2' }
