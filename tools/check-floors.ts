import { globSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { actsOf } from './floors/acts.ts'
import { complaint, complaintAboutPlatform } from './floors/law.ts'
import { type Place, placeOf } from './floors/plan.ts'
import { type Import, readSource } from './floors/source.ts'

/**
 * The law of the house, checked: where a file may lie, what it may be called, how long it may be, what it may import and what it may do.
 * There is no exception list; if the plan is wrong, change the plan (tools/floors/plan.ts and ARCHITECTURE.md together).
 */
export function checkFloors(files: Readonly<Record<string, string>>, packages: Packages): readonly string[] {
  return Object.entries(files).flatMap(([path, text]) => [...checkName(path), ...checkFile(path, text, packages)])
}

/** `@kilonova/compute` → `services/compute`. */
export type Packages = Readonly<Record<string, string>>

const maxLines = 400
const wordsWeDoNotUse = /^(utils?|helpers?|common|misc|managers?|handlers?|impl)$/
/** Nothing by themselves, but half of a good name: `base-images.ts`. */
const wordsNotAlone = /^(base|core|shared)$/

function checkName(path: string): readonly string[] {
  const name = path.split('/').at(-1) ?? ''
  const words = path.replace(/\..*$/, '').split(/[/-]/)
  const parts = path.replace(/\..*$/, '').split('/')
  const vague = words.find(word => wordsWeDoNotUse.test(word)) ?? parts.find(part => wordsNotAlone.test(part))
  return [
    ...(vague ? [`${path}: '${vague}' says nothing about what is inside; the thing has a better name, and finding it is the work`] : []),
    ...(/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*$/.test(name) ? [] : [`${path}: names are kebab-case, as in attach-volume.ts`]),
  ]
}

function checkFile(path: string, text: string, packages: Packages): readonly string[] {
  if (/\.[cm]?js$/.test(path)) return [`${path}: all code is TypeScript; Node runs it as it is`]
  if (!path.includes('/')) return [] // the root's own settings, as vitest.config.ts
  const place = placeOf(path)
  if (!place)
    return [`${path}: nowhere on the floor plan; a service has rooms and resources, a resource has rooms (tools/floors/plan.ts lists them)`]
  const source = readSource(text)
  const lines = text.split('\n').length - 1
  return [
    ...(lines > maxLines ? [`${path}: ${lines} lines; ${maxLines} is the most one reads in one go: find the two things in it`] : []),
    ...source.imports.flatMap(one => checkImport(path, place, one, packages)),
    ...actsOf(place, source).map(({ line, complaint }) => `${path}:${line}: ${complaint}`),
  ]
}

function checkImport(path: string, place: Place, { text, line }: Import, packages: Packages): readonly string[] {
  const target = fileOf(path, text, packages)
  if (target === undefined) return []
  const where = `${path}:${line}: ${text}`
  const there = placeOf(target)
  if (!there) return /\.tsx?$/.test(target) ? [`${where} — nowhere on the floor plan`] : []
  if (text.startsWith('.') && there.house !== place.house) return [`${where} — another package is imported by its name, @kilonova/…`]
  const folder = there.building === 'platform' ? (target.split('/').slice(1, -1)[0] ?? '') : ''
  const why = complaint(place, there) ?? complaintAboutPlatform(place, folder)
  return why === undefined ? [] : [`${where} — ${why}`]
}

/** The file one of our own specifiers means, from the root; nothing for packages of others. */
function fileOf(path: string, specifier: string, packages: Packages): string | undefined {
  if (specifier.startsWith('.')) return normalize(join(dirname(path), specifier))
  const [scope, name, ...inside] = specifier.split('/')
  const folder = packages[`${scope}/${name}`]
  return folder === undefined ? undefined : [folder, ...inside].join('/')
}

/** The packages below `root`, which name their folders in package.json. */
export function readPackages(root: string): Packages {
  const manifests = globSync(['*/package.json', '{services,agents}/*/package.json'], { cwd: root, exclude: ['node_modules/**'] })
  return Object.fromEntries(manifests.map(path => [JSON.parse(readFileSync(join(root, path), 'utf8')).name, dirname(path)]))
}

/** Every program file below `root`, by its path from there; not what packages install or builds leave. */
export function readFiles(root: string): Record<string, string> {
  const below = (folder: string): readonly string[] =>
    readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
      const path = join(folder, entry.name)
      if (entry.isDirectory())
        return entry.name.startsWith('.') || ['node_modules', 'dist', 'coverage'].includes(entry.name) ? [] : below(path)
      return /\.([cm]?js|tsx?)$/.test(entry.name) ? [path] : []
    })
  return Object.fromEntries(below(root).map(path => [relative(root, path), readFileSync(path, 'utf8')]))
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '..')
  const files = readFiles(root)
  const complaints = checkFloors(files, readPackages(root))
  for (const line of complaints) console.error(line)
  console.log(`${Object.keys(files).length} files, ${complaints.length} complaints`)
  process.exitCode = complaints.length > 0 || Object.keys(files).length === 0 ? 1 : 0
}
