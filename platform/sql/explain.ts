import { readFileSync } from 'node:fs'
import { nearest } from '../config/near.ts'
import { ConfigError } from './config-error.ts'
import { type ServerPlace, shownPlace } from './url.ts'

interface Faults {
  readonly code?: unknown
  readonly errno?: unknown
  readonly message?: unknown
}

/** Why the server at `place` could not be used, in one line for the operator. */
export function explained(place: ServerPlace, option: string, error: unknown, hosts = namesInHosts()): ConfigError {
  const faults = (typeof error === 'object' && error !== null ? error : {}) as Faults
  return new ConfigError(`${option} = ${shownPlace(place)}: ${reason(place, faults, hosts)}`, error)
}

function reason(place: ServerPlace, { code, errno, message }: Faults, hosts: readonly string[]): string {
  const at = place.socket ?? `${place.host}:${place.port}`
  const said = String(message ?? code ?? 'no reason given').replaceAll(place.password || '\0', '***')
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'EAI_FAIL') return unresolved(place.host, said, hosts)
  if (code === 'ECONNREFUSED' || code === 'ENOENT')
    return `nothing answers at ${at} (${said}). Start the database server, or correct host and port.`
  if (code === 'ETIMEDOUT' || /timeout/i.test(said))
    return `no answer from ${at} in time (${said}). Correct the host, or open the way to it.`
  if (errno === 1045 || errno === 1698 || code === '28P01' || code === '28000')
    return `the server refuses the user "${place.user}" or the password. Correct them in the URL (special characters percent-encoded), or grant access.`
  if (errno === 1049 || errno === 1044 || code === '3D000' || code === '42501') return missing(place)
  return `${said}.`
}

function unresolved(host: string, said: string, hosts: readonly string[]): string {
  const meant = nearest(host, hosts)
  const remedy = meant === undefined ? `Correct the host, or add it to /etc/hosts.` : `Did you mean "${meant}", which is in /etc/hosts?`
  return `the host "${host}" cannot be resolved (${said}). ${remedy}`
}

function namesInHosts(): string[] {
  try {
    const lines = readFileSync('/etc/hosts', 'utf8').split('\n')
    return lines.flatMap(line => line.replace(/#.*/, '').trim().split(/\s+/).slice(1))
  } catch {
    return []
  }
}

function missing({ dialect, database, user }: ServerPlace): string {
  const words =
    dialect === 'mysql'
      ? `CREATE DATABASE ${database}; GRANT ALL PRIVILEGES ON ${database}.* TO '${user}'@'%';`
      : `CREATE DATABASE ${database} OWNER ${user};`
  return `the database "${database}" does not exist or is closed to the user "${user}", who may not create it. As the server's administrator: ${words}`
}
