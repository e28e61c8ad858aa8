import type { GuestImage, ImageAddress } from '@kilonova/hypervisor/contract/guest.ts'

/** Where hosts that do not see the image service's files get and bring the data of images: at its own API, with compute's token. */
export interface ImageDoor {
  at(imageId: string): Promise<ImageAddress>
  /** The image, so that any host can fetch it. */
  reachable(image: GuestImage): Promise<GuestImage>
}

export interface ImageDoorWish {
  /** Of the image service. */
  readonly url: string
  readonly token: { get(): Promise<string> }
}

export function imageDoor({ url, token }: ImageDoorWish): ImageDoor {
  const at = async (imageId: string) => ({ url: `${url}/v2/images/${imageId}/file`, headers: { 'x-auth-token': await token.get() } })
  return {
    at,
    async reachable(image) {
      const { source, id } = image
      return source.from === 'file' ? { ...image, source: { ...source, elsewhere: await at(id) } } : image
    },
  }
}
