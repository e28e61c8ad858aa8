import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

/** A plug-in as its folder says, before anything of it has run. */
export interface Plugin {
  /** Its folder's name. */
  readonly name: string
  /** The service type it extends: `compute`. */
  readonly extends: string
  readonly file: string
  /** Runs its module. */
  load(): Promise<Readonly<Record<string, unknown>>>
}

export interface RefusedPlugin {
  readonly name: string
  readonly why: string
}

/**
 * The plug-ins in a directory: each a folder with a package.json that says `"kilonova": { "extends": "compute", "main": "widgets.ts" }`. One
 * that is not right is named with the reason, and is no reason for anything else not to start.
 */
export function findPlugins(dir: string): { readonly plugins: readonly Plugin[]; readonly refused: readonly RefusedPlugin[] } {
  const plugins: Plugin[] = []
  const refused: RefusedPlugin[] = []
  for (const name of foldersIn(dir)) {
    const found = readPlugin(join(dir, name), name)
    if ('why' in found) refused.push(found)
    else plugins.push(found)
  }
  return { plugins, refused }
}

const foldersIn = (dir: string) =>
  existsSync(dir)
    ? readdirSync(dir)
        .filter(name => !name.startsWith('.') && statSync(join(dir, name), { throwIfNoEntry: false })?.isDirectory())
        .sort()
    : []

function readPlugin(folder: string, name: string): Plugin | RefusedPlugin {
  const no = (why: string): RefusedPlugin => ({ name, why })
  const manifest = readManifest(join(folder, 'package.json'))
  if (typeof manifest === 'string') return no(manifest)
  const { extends: service, main } = manifest
  if (typeof service !== 'string' || typeof main !== 'string')
    return no('its package.json has no "kilonova": { "extends": "<service type>", "main": "<file>" }')
  const file = resolve(folder, main)
  if (!file.startsWith(`${folder}/`)) return no(`its main file, ${main}, lies outside of its folder`)
  const stat = statSync(file, { throwIfNoEntry: false })
  if (!stat?.isFile()) return no(`its main file, ${file}, is not there`)
  // What it says is run with the rights of the cloud.
  const open = [folder, file].find(path => (statSync(path).mode & 0o002) !== 0)
  if (open !== undefined) return no(`anybody may write ${open}: chmod o-w ${open}`)
  return { name, extends: service, file, load: () => import(pathToFileURL(file).href) }
}

function readManifest(file: string): { readonly extends?: unknown; readonly main?: unknown } | string {
  try {
    const { kilonova } = JSON.parse(readFileSync(file, 'utf8')) as { kilonova?: { extends?: unknown; main?: unknown } }
    return kilonova ?? {}
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'it has no package.json'
    return `its package.json cannot be read: ${error instanceof Error ? error.message : String(error)}`
  }
}
