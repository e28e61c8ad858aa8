import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { StagingArea, StoreDriver } from '../../stores/store.ts'
import { partial, readFrom, receiveInto, sizeOf, sweepHalves } from './files.ts'

/**
 * Images as files named by their ids in one directory. Data is written under another name, synced, and renamed: who finds the file finds
 * all of it, whenever the machine stopped.
 */
export function fileStore(dir: string): StoreDriver {
  const pathOf = (url: string) => {
    const path = fileURLToPath(url)
    if (!isInside(path)) throw new Error(`${url} is not in ${dir}`)
    return path
  }
  const isInside = (path: string) => path.startsWith(`${dir}/`) && !path.slice(dir.length + 1).includes('/')
  return {
    knows: url => url.startsWith('file:///') && URL.canParse(url) && isInside(fileURLToPath(url)),
    receive: imageId => receiveInto(dir, imageId, true),
    size: url => sizeOf(pathOf(url)),
    read: (url, range) => readFrom(pathOf(url), range),
    remove: url => rm(pathOf(url), { force: true }),
    sweep: imageId => rm(join(dir, imageId + partial), { force: true }),
    sweepOlderThan: ms => sweepHalves(dir, ms, Date.now()),
  }
}

/** Data that waits to be imported: it lasts no longer than it must, so it is not synced. */
export const stagingArea = (dir: string): StagingArea => ({
  receive: imageId => receiveInto(dir, imageId, false),
  size: imageId => sizeOf(join(dir, imageId)),
  read: imageId => readFrom(join(dir, imageId)),
  remove: imageId => rm(join(dir, imageId), { force: true }),
  sweep: imageId => rm(join(dir, imageId + partial), { force: true }),
})
