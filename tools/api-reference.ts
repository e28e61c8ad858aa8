import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { declaredBy } from '@kilonova/platform/http/declared.ts'
import { referencePage } from './reference/page.ts'
import { policyPage } from './reference/policy-page.ts'

/**
 * Writes docs/api from the services' declarations: what each serves, and who may do what by default. With `--check` it writes nothing and
 * fails when a page is not what it would be.
 */
export async function apiPages(root: string): Promise<Readonly<Record<string, string>>> {
  const rooms = ['routes', 'versions', 'policies', 'faults'] as const
  const folder = (service: string, room: string) => join(root, 'services', service, `${room}.ts`)
  const services = readdirSync(join(root, 'services')).filter(service => rooms.every(room => existsSync(folder(service, room))))
  const pages: Record<string, string> = {}
  for (const service of services.sort()) {
    const declared = await declaredBy(room => import(pathToFileURL(folder(service, room)).href))
    pages[`${service}.md`] = referencePage(service, declared)
    pages[`${service}-policy.md`] = policyPage(service, declared)
  }
  return pages
}

/** The pages that are not there, not up to date, or of a service that is no more. */
export function stalePages(folder: string, pages: Readonly<Record<string, string>>): readonly string[] {
  const there = existsSync(folder) ? readdirSync(folder) : []
  const differs = (name: string) => !there.includes(name) || readFileSync(join(folder, name), 'utf8') !== pages[name]
  return [...Object.keys(pages).filter(differs), ...there.filter(name => pages[name] === undefined)].sort()
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '..')
  const folder = join(root, 'docs', 'api')
  const pages = await apiPages(root)
  const stale = stalePages(folder, pages)
  if (process.argv.includes('--check')) {
    for (const name of stale) console.error(`docs/api/${name} is not what the declarations say`)
    if (stale.length > 0) console.error('\nWrite them anew: npm run docs')
    process.exitCode = stale.length > 0 ? 1 : 0
  } else {
    mkdirSync(folder, { recursive: true })
    for (const [name, text] of Object.entries(pages)) writeFileSync(join(folder, name), text)
  }
  console.log(`${Object.keys(pages).length} pages, ${stale.length} ${process.argv.includes('--check') ? 'stale' : 'written anew'}`)
}
