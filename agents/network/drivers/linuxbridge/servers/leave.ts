import { rmdir } from 'node:fs/promises'
import { radvdPidPath } from './radvd.ts'
import { removeTree } from './files.ts'

/** Whose files lie on a host: all of them are named by these ids, and others' may lie beside them. */
export interface FileOwners {
  readonly networks: readonly string[]
  readonly routers: readonly string[]
}

/** Removes the files of servers that no longer run, also where their namespaces went before them, and the directories that are left empty. */
export async function removeServerFiles(stateDir: string, { networks, routers }: FileOwners): Promise<void> {
  for (const id of networks) await removeTree(`${stateDir}/dhcp/${id}`)
  for (const id of routers) {
    await removeTree(`${stateDir}/ra/${id}.radvd.conf`)
    await removeTree(radvdPidPath(stateDir, id))
  }
  for (const directory of ['dhcp', 'ra', 'external/pids', 'external']) await removeEmpty(`${stateDir}/${directory}`)
}

const removeEmpty = (path: string): Promise<void> =>
  rmdir(path).catch((error: NodeJS.ErrnoException) => {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(error.code ?? '')) throw error
  })
