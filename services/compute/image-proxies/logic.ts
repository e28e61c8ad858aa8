import type { BrowsedImage, BrowseWish, ImageBrowser } from '@kilonova/image/contract/browse.ts'
import type { Cause } from '@kilonova/platform/cause.ts'
import type { Caller } from '@kilonova/platform/policy/caller.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'

type Properties = BrowsedImage['properties']

/** What is asked of images here is passed on to the image service, on behalf of whoever asks. */
export const imageProxyLogic = (browser: ImageBrowser | undefined) => {
  const there = (): ImageBrowser => {
    if (!browser) throw new Refusal('unavailable', 'Images are asked for at the image service.')
    return browser
  }
  const get = async (id: string, caller: Caller): Promise<BrowsedImage> => {
    const found = await there().get(id, caller)
    if (!found) throw new Refusal('not-found', 'Image not found.')
    return found
  }
  const describe = async (id: string, turn: (was: Properties) => Properties, caller: Caller, cause: Cause): Promise<Properties> =>
    (await there().describe(id, turn((await get(id, caller)).properties), caller, cause)).properties
  return {
    get,
    list: (wish: BrowseWish, caller: Caller) => there().list(wish, caller),
    async delete(id: string, caller: Caller, cause: Cause): Promise<void> {
      await get(id, caller)
      await there().delete(id, caller, cause)
    },
    addProperties: (id: string, more: Properties, caller: Caller, cause: Cause) =>
      describe(id, was => ({ ...was, ...more }), caller, cause),
    writeProperties: (id: string, all: Properties, caller: Caller, cause: Cause) => describe(id, () => all, caller, cause),
    async removeProperty(id: string, name: string, caller: Caller, cause: Cause): Promise<void> {
      const turn = (was: Properties) => {
        if (!Object.hasOwn(was, name)) throw new Refusal('not-found', 'Invalid metadata key')
        return Object.fromEntries(Object.entries(was).filter(([key]) => key !== name))
      }
      await describe(id, turn, caller, cause)
    },
  }
}

export type ImageProxyLogic = ReturnType<typeof imageProxyLogic>
