import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Text of a file, or nothing when there is none. */
export const readText = (path: string): Promise<string | undefined> =>
  readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
    throw error
  })

/** The file has this text afterwards, and had the old text or the new at every moment. Says whether it had to be written. */
export async function ensureText(path: string, text: string): Promise<boolean> {
  if ((await readText(path)) === text) return false
  await mkdir(dirname(path), { recursive: true, mode: 0o755 })
  await writeFile(`${path}.new`, text, { mode: 0o644 })
  await rename(`${path}.new`, path)
  return true
}

export const removeTree = (path: string): Promise<void> => rm(path, { recursive: true, force: true })

/** Whether other users can come to what lies in a directory, or in the nearest above it that exists. */
export async function isOpenToAll(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  if (found && (found.mode & 0o001) === 0) return false
  return dirname(path) === path || isOpenToAll(dirname(path))
}
