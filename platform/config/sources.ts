import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type IniEntry, type IniFault, parseIni } from './ini.ts'

/** Where a value was said, so that a complaint can name the place. */
export interface Origin {
  readonly from: 'file' | 'environment' | 'flag'
  /** `/etc/kilonova/kilonova.conf:12`, `KILONOVA_DATABASE__CONNECTION`, `--set database.connection`. */
  readonly place: string
}

export interface Said {
  readonly section: string
  readonly key: string
  readonly value: string
  readonly origin: Origin
}

export interface Wanted {
  /** Read in order; the later wins. A file that does not exist is passed over when `optional`. */
  readonly files?: readonly (string | { readonly file: string; readonly optional: boolean })[]
  /** Of each directory every `*.conf`, in the order of their names, after the files. */
  readonly dirs?: readonly string[]
  /** Only `KILONOVA_<SECTION>__<KEY>` counts. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** `section.key=value`, as given to `--set`. */
  readonly flags?: readonly string[]
}

export interface Sources {
  /** In rising order of weight: files, directories, environment, flags. */
  readonly said: readonly Said[]
  readonly environment: readonly (readonly [name: string, value: string])[]
  readonly faults: readonly IniFault[]
  readonly files: readonly string[]
}

export function readSources(wanted: Wanted): Sources {
  const said: Said[] = []
  const faults: IniFault[] = []
  const files: string[] = []
  for (const file of listFiles(wanted)) {
    const text = readText(file.file, file.optional, faults)
    if (text === undefined) continue
    files.push(file.file)
    const parsed = parseIni(text, file.file)
    said.push(...parsed.entries.map(fromFile))
    faults.push(...parsed.faults)
  }
  for (const flag of wanted.flags ?? []) {
    const [, section, key, value] = /^(?:([^=]+)\.)?([^=.]+)=([\s\S]*)$/.exec(flag) ?? []
    if (key === undefined || value === undefined)
      faults.push({ file: `--set ${flag}`, line: 0, message: 'it is written --set section.key=value' })
    else said.push({ section: section ?? 'DEFAULT', key, value, origin: { from: 'flag', place: `--set ${section ?? 'DEFAULT'}.${key}` } })
  }
  return { said, environment: ours(wanted.environment ?? {}), faults, files }
}

/** The environment's name of an option: `KILONOVA_DATABASE__CONNECTION`. */
export const environmentName = (section: string, key: string) => `KILONOVA_${section}__${key}`.toUpperCase().replace(/[^A-Z0-9_]/g, '_')

const fromFile = (entry: IniEntry): Said => ({
  section: entry.section,
  key: entry.key,
  value: entry.value,
  origin: { from: 'file', place: `${entry.file}:${entry.line}` },
})

const ours = (environment: Readonly<Record<string, string | undefined>>) =>
  Object.entries(environment).flatMap(([name, value]) =>
    /^KILONOVA_\w+?__\w+$/.test(name) && value !== undefined ? [[name, value] as const] : [],
  )

function listFiles({ files = [], dirs = [] }: Wanted) {
  const named = files.map(file => (typeof file === 'string' ? { file, optional: false } : file))
  const found = dirs.flatMap(dir => {
    if (!statSync(dir, { throwIfNoEntry: false })?.isDirectory()) return []
    const names = readdirSync(dir)
      .filter(name => name.endsWith('.conf'))
      .sort()
    return names.map(name => ({ file: join(dir, name), optional: false }))
  })
  return [...named, ...found]
}

function readText(file: string, optional: boolean, faults: IniFault[]): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (!(optional && code === 'ENOENT'))
      faults.push({ file, line: 0, message: `it cannot be read (${code}); check the path and its rights` })
    return undefined
  }
}
