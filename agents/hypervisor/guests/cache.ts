import type { GuestImage } from '../contract/guest.ts'
import type { Rooms } from './rooms.ts'

/** One image after the other: a host that serves guests has other things to do as well. */
export async function cacheImages(
  { images }: { images: readonly GuestImage[] },
  { driver }: Rooms,
): Promise<{ failures: Record<string, string | null> }> {
  const failures: Record<string, string | null> = {}
  for (const image of images) {
    failures[image.id] = await driver.cacheImage(image).then(
      () => null,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    )
  }
  return { failures }
}
