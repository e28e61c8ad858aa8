import { ConfigError } from './config-error.ts'

/** Where a database is, parsed from a URL as OpenStack writes it. */
export type Place = SqlitePlace | ServerPlace

export interface SqlitePlace {
  readonly dialect: 'sqlite'
  /** Nothing: a private database that ends with the process. */
  readonly path: string | undefined
  /** `full` waits for the disk at each commit; `normal` survives the death of the process but may lose the last commits at power loss. */
  readonly synchronous: 'normal' | 'full'
}

export interface ServerPlace {
  readonly dialect: 'mysql' | 'postgres'
  readonly host: string
  readonly port: number
  /** A Unix socket instead of host and port. */
  readonly socket: string | undefined
  readonly user: string
  readonly password: string
  readonly database: string
  readonly tls: TlsFiles | undefined
}

/** Files in PEM. With `ca` the server's certificate is verified; without it the line is encrypted but the server is not proved. */
export interface TlsFiles {
  readonly ca: string | undefined
  readonly cert: string | undefined
  readonly key: string | undefined
  readonly verify: boolean
}

const schemes: Record<string, Place['dialect']> = {
  mysql: 'mysql',
  mariadb: 'mysql',
  postgresql: 'postgres',
  postgres: 'postgres',
  sqlite: 'sqlite',
}
const ports = { mysql: 3306, postgres: 5432 }
const known = 'mysql+pymysql://user:password@host/name, postgresql://user:password@host/name or sqlite:////path/to/file'

/** Parses `url`; throws a `ConfigError` that names `option`, never the password. */
export function parsePlace(url: string, option: string): Place {
  const parts = /^([A-Za-z][A-Za-z0-9]*)(?:\+[A-Za-z0-9_]+)?:\/\/(.*)$/s.exec(url.trim())
  if (parts === null) throw new ConfigError(`${option} is not a database URL. Write ${known}.`)
  const [, scheme = '', rest = ''] = parts
  const dialect = schemes[scheme.toLowerCase()]
  if (dialect === undefined) throw new ConfigError(`${option} names the database "${scheme}", which is not supported. Write ${known}.`)
  return dialect === 'sqlite' ? sqlitePlace(rest, option) : serverPlace(dialect, rest, option)
}

/** The place as it may be shown: no password. */
export function shownPlace(place: Place): string {
  if (place.dialect === 'sqlite') return place.path === undefined ? 'sqlite://' : `sqlite:///${place.path}`
  const scheme = place.dialect === 'mysql' ? 'mysql' : 'postgresql'
  return `${scheme}://${place.user}@${place.socket ?? `${place.host}:${place.port}`}/${place.database}`
}

function sqlitePlace(rest: string, option: string): SqlitePlace {
  const [path = '', query = ''] = splitOnce(rest, '?')
  if (path !== '' && !path.startsWith('/'))
    throw new ConfigError(`${option} is a SQLite URL with a host. Write sqlite:////absolute/path or sqlite:///relative/path.`)
  const synchronous = new URLSearchParams(query).get('synchronous')?.toLowerCase() ?? 'normal'
  if (synchronous !== 'normal' && synchronous !== 'full')
    throw new ConfigError(`${option} has synchronous=${synchronous}. Write synchronous=normal or synchronous=full.`)
  const file = decoded(path.slice(1), option)
  return { dialect: 'sqlite', path: file === '' || file === ':memory:' ? undefined : file, synchronous }
}

function serverPlace(dialect: 'mysql' | 'postgres', rest: string, option: string): ServerPlace {
  const [authorityAndPath = '', query = ''] = splitOnce(rest, '?')
  // A password may hold an unescaped '/' or '@': the last '@' ends it, as SQLAlchemy has it.
  const at = authorityAndPath.lastIndexOf('@')
  const [user = '', password = ''] = splitOnce(at < 0 ? '' : authorityAndPath.slice(0, at), ':')
  const [hostAndPort = '', database = ''] = splitOnce(authorityAndPath.slice(at + 1), '/')
  const address = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/.exec(hostAndPort)
  if (address === null) throw new ConfigError(`${option} has no host that can be read. Write ${known}.`)
  if (database === '') throw new ConfigError(`${option} names no database after the host. Write ${known}.`)
  const options = new URLSearchParams(query)
  const host = (address[1] ?? '').replace(/^\[|\]$/g, '')
  return {
    dialect,
    host: host === '' ? 'localhost' : host,
    port: readPort(address[2], dialect, option),
    socket:
      options.get('unix_socket') ??
      (dialect === 'postgres' && options.get('host')?.startsWith('/') ? (options.get('host') ?? undefined) : undefined),
    user: decoded(user, option),
    password: decoded(password, option),
    database: decoded(database, option),
    tls: readTls(options),
  }
}

function readPort(text: string | undefined, dialect: 'mysql' | 'postgres', option: string): number {
  if (text === undefined || text === '') return ports[dialect]
  const port = Number(text)
  if (port < 1 || port > 65535) throw new ConfigError(`${option} has the port ${text}; a port is between 1 and 65535.`)
  return port
}

/** PyMySQL's names (`ssl_ca`, `ssl_verify_cert`) and libpq's (`sslrootcert`, `sslmode`). */
function readTls(options: URLSearchParams): TlsFiles | undefined {
  const ca = options.get('ssl_ca') ?? options.get('sslrootcert') ?? undefined
  const cert = options.get('ssl_cert') ?? options.get('sslcert') ?? undefined
  const key = options.get('ssl_key') ?? options.get('sslkey') ?? undefined
  const mode = options.get('sslmode')
  const wanted = ca ?? cert ?? key ?? (mode === 'require' || mode?.startsWith('verify') ? mode : null) ?? options.get('ssl')
  if (wanted === null || wanted === undefined || wanted === 'false') return undefined
  const unverified = options.get('ssl_verify_cert') === 'false' || mode === 'require'
  return { ca, cert, key, verify: ca !== undefined ? !unverified || mode === 'require' : mode?.startsWith('verify') === true }
}

function splitOnce(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

function decoded(text: string, option: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new ConfigError(`${option} has a % that does not begin a percent-encoded character. Write % itself as %25.`)
  }
}
