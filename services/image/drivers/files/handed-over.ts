import { createReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'

/** Files that another process of this host has made to become images. */
export const handedOver = {
  open: (path: string): AsyncIterable<Uint8Array> => createReadStream(path, { highWaterMark: 2 ** 20 }),
  remove: (path: string): Promise<void> => rm(path, { force: true }),
}
