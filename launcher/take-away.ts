import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { silentLog } from '@kilonova/platform/log/log.ts'
import type { Globals } from './globals.ts'
import { startHostDaemons } from './host-daemons.ts'
import { type KeptService, keptServices, openKept, type TablesOf } from './kept.ts'
import { openMachine } from './machine.ts'
import { readSettings } from './settings.ts'

/** What a cloud has on its host outside of its own directories, as its databases tell it. */
export interface Belongings {
  /** Ids of servers that have a guest here. */
  readonly servers: readonly string[]
  /** Paths of the files of images. */
  readonly imageFiles: readonly string[]
}

/** Databases that are kept elsewhere may be shared with other hosts: what they tell is not this host's to throw away. */
export async function belongingsOf(globals: Globals): Promise<Belongings> {
  const { places, flags, environment } = globals
  const { settings } = readSettings(places, flags, environment)
  const kept = keptServices(globals, settings).filter(({ url }) => url.startsWith('sqlite:'))
  const find = (name: string): KeptService | undefined => kept.find(one => one.name === name)
  const [nova, glance] = [find('nova'), find('glance')]
  return {
    servers: nova ? await serversOf(globals, nova.url, settings.api_database.connection) : [],
    imageFiles: glance ? await filesOf(globals, glance) : [],
  }
}

async function serversOf(globals: Globals, databaseUrl: string, apiDatabaseUrl: string | undefined): Promise<readonly string[]> {
  const { openDatabases, serversOn } = await import('@kilonova/compute/main.ts')
  const { clock, chance } = globals
  const databases = await openDatabases({ databaseUrl, apiDatabaseUrl, clock, chance }, silentLog)
  const machine = await openMachine(globals)
  try {
    return machine.isPretended ? [] : await serversOn(machine.host, databases)
  } finally {
    await machine.close()
    await Promise.all(Object.values(databases).map(database => database.close()))
  }
}

async function filesOf({ clock }: Globals, glance: KeptService): Promise<readonly string[]> {
  const { imageFiles, migrations } = await import('@kilonova/image/main.ts')
  const database = await openKept<TablesOf<Parameters<typeof imageFiles>[0]>>(glance, migrations, clock)
  try {
    return (await imageFiles(database)).map(url => fileURLToPath(url))
  } finally {
    await database.close()
  }
}

/** Ends the guests and removes their files. Says why not, when the hypervisor does not answer: then nothing else should be thrown away, or nobody knows of them. */
export async function endGuests(globals: Globals, servers: readonly string[]): Promise<string | undefined> {
  if (servers.length === 0) return undefined
  const why = await startHostDaemons(globals.host, globals.say)
  if (why !== undefined) return why
  const machine = await openMachine(globals)
  try {
    for (const id of servers) await machine.destroy(id)
    await emptyShared(machine)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    await machine.close()
  }
}

/** What guests share goes with the last of them; another cloud's may lie there too. */
async function emptyShared({ directory, directories }: { directory: string; directories(): Promise<readonly string[]> }): Promise<void> {
  const shared = ['_base', 'locks', 'snapshots', 'compute_nodes']
  if ((await directories()).some(name => !shared.includes(name))) return
  for (const name of shared) await rm(join(directory, name), { recursive: true, force: true })
}

/** Files of images that lie outside of the cloud's own directories, and the directory when it is left empty. */
export async function removeImageFiles(files: readonly string[]): Promise<void> {
  for (const file of files) await rm(file, { force: true })
  for (const directory of new Set(files.map(file => join(file, '..'))))
    if ((await readdir(directory).catch(() => ['?'])).length === 0) await rm(directory, { recursive: true, force: true })
}
