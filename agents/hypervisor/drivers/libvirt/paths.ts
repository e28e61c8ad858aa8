import { randomUUID } from 'node:crypto'
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Refusal } from '@kilonova/platform/refusal.ts'

/** Where a guest's files lie, and how they are written: whole or not at all. */
export interface Paths {
  readonly root: string
  readonly bases: string
  readonly snapshots: string
  directoryOf(uuid: string): string
  /** What is kept of it for a resize. */
  keptOf(uuid: string): string
  /** What is being removed, and is nobody's any more. */
  goneOf(uuid: string): string
}

const anId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export const isId = (name: string): boolean => anId.test(name)

export function pathsBelow(root: string): Paths {
  const directoryOf = (uuid: string): string => {
    if (!isId(uuid)) throw new Refusal('invalid', `${uuid} is not an id.`)
    return join(root, uuid)
  }
  return {
    root,
    bases: join(root, '_base'),
    snapshots: join(root, 'snapshots'),
    directoryOf,
    keptOf: uuid => `${directoryOf(uuid)}_resize`,
    goneOf: uuid => `${directoryOf(uuid)}_del`,
  }
}

export const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

/** Another agent may write the same at this moment, on shared storage another host's: each fills a file of its own. */
export async function writeAtOnce(path: string, text: string): Promise<void> {
  const part = `${path}.${randomUUID()}.part`
  try {
    await writeFile(part, text)
    await rename(part, path)
  } catch (error) {
    await rm(part, { force: true })
    throw error
  }
}

export const readIfThere = (path: string): Promise<string | undefined> => readFile(path, 'utf8').catch(() => undefined)

/** Makes `path` by filling another file that is renamed when it is whole. */
export async function makeAtOnce(path: string, fill: (temporary: string) => Promise<unknown>): Promise<void> {
  const temporary = `${path}.part`
  await rm(temporary, { force: true })
  try {
    await fill(temporary)
    await rename(temporary, path)
  } finally {
    await rm(temporary, { force: true })
  }
}
