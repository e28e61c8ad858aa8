import { join } from 'node:path'
import type { Places } from './places.ts'
import type { Settings } from './settings.ts'

/** Where a service's tables are, and which option said so (for complaints). */
export interface DatabasePlace {
  readonly url: string
  readonly option: string
}

/**
 * A service's own `[nova_database] connection`; otherwise a database named after the service on the server of `[database] connection`;
 * otherwise a file in the home.
 */
export function databaseOf(name: string, settings: Settings, places: Places): DatabasePlace {
  const section = `${name}_database`
  const own = (settings as Readonly<Record<string, { readonly connection?: string | undefined }>>)[section]?.connection
  if (own !== undefined) return { url: own, option: `[${section}] connection` }
  const shared = settings.database.connection
  if (shared !== undefined) return { url: named(shared, name), option: '[database] connection' }
  return { url: `sqlite:///${join(places.home, `${name}.db`)}`, option: `[${section}] connection` }
}

/** The URL with the service's name for its database; of SQLite, a file of that name in the same directory. */
function named(url: string, name: string): string {
  const [, scheme = '', rest = '', query = ''] = /^([^:]+):\/\/([^?]*)(\?.*)?$/.exec(url) ?? []
  if (scheme.startsWith('sqlite')) return `${scheme}://${rest.slice(0, rest.lastIndexOf('/') + 1)}${name}.db${query}`
  // The last @ ends the credentials: a password may hold a slash.
  const path = rest.indexOf('/', rest.lastIndexOf('@') + 1)
  return `${scheme}://${path < 0 ? rest : rest.slice(0, path)}/${name}${query}`
}
