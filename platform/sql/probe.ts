import type { Clock } from '../clock.ts'
import { parsePlace } from './url.ts'

/**
 * Whether a database could be opened as configured, without leaving a trace: signs in and leaves again. `missing` is a database that is not
 * there yet and that opening would try to create. Throws `ConfigError`, one line for the operator.
 */
export async function probeDatabase(url: string, option: string, clock: Clock): Promise<'there' | 'missing' | 'a file'> {
  const place = parsePlace(url, option)
  if (place.dialect === 'sqlite') return 'a file'
  const { dialect } = place
  const isThere =
    dialect === 'mysql'
      ? (await import('./mysql.ts')).probeMysql(place, option, clock)
      : (await import('./postgres.ts')).probePostgres(place, option, clock)
  return (await isThere) ? 'there' : 'missing'
}
