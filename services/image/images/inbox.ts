import type { Handler } from '@kilonova/platform/bus/bus.ts'
import { handle } from '@kilonova/platform/bus/message.ts'
import * as messages from '../contract/remote-images.ts'

/** What other services ask from their own processes. The bus is for the cloud's own: who may send there may do all this. */
export const imagesInbox = ({ finder, browser, keeper }: messages.RemoteImages): readonly Handler[] => [
  handle(messages.findImage, async ({ id, caller }) => ({ image: await finder.find(id, caller) })),
  handle(messages.browseImages, ({ wish, caller }) => browser.list(wish, caller)),
  handle(messages.showImage, async ({ id, caller }) => ({ image: await browser.get(id, caller) })),
  handle(messages.describeImage, ({ id, properties, caller }, cause) => browser.describe(id, properties, caller, cause)),
  handle(messages.deleteImage, ({ id, caller }, cause) => done(browser.delete(id, caller, cause))),
  handle(messages.createImage, (image, cause) => done(keeper.create(image, cause))),
  handle(messages.dropImage, ({ id }, cause) => done(keeper.delete(id, cause))),
  handle(messages.listKept, ({ ownerId, properties }) => keeper.list(ownerId, properties)),
]

async function done(work: Promise<void>): Promise<Record<string, never>> {
  await work
  return {}
}
