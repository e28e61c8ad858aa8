/** What an error of a driver means, on whichever engine. */

interface Faults {
  /** MySQL: the server's number. */
  readonly errno?: unknown
  /** PostgreSQL: SQLSTATE; node: `ECONNREFUSED`; mysql2: a name. */
  readonly code?: unknown
  /** SQLite: the extended result code. */
  readonly errcode?: unknown
  readonly constraint?: unknown
  readonly detail?: unknown
  readonly message?: unknown
  readonly fatal?: unknown
  readonly cause?: unknown
}

export interface Violation {
  /** The constraint's or index's name, where the engine tells: not on SQLite. */
  readonly constraint: string | undefined
  /** The columns, where the engine tells: not on MariaDB. */
  readonly columns: readonly string[]
}

/** A row with the same unique columns exists. Looks through the chain of causes. */
export function isUniqueViolation(error: unknown): boolean {
  return uniqueViolation(error) !== undefined
}

/** Which uniqueness was violated. To tell two apart on all engines, name unique indexes after their columns and use `violates`. */
export function uniqueViolation(error: unknown): Violation | undefined {
  return inChain(error, faults => {
    const message = String(faults.message ?? '')
    if (faults.errcode === 2067 || faults.errcode === 1555)
      return {
        constraint: undefined,
        columns: message
          .replace(/^[^:]*: /, '')
          .split(', ')
          .map(afterDot),
      }
    if (faults.errno === 1062) return { constraint: afterDot(/for key '([^']*)'$/.exec(message)?.[1] ?? ''), columns: [] }
    if (faults.code !== '23505') return undefined
    const columns = /^Key \(([^)]*)\)=/.exec(String(faults.detail ?? ''))?.[1]?.split(', ') ?? []
    return { constraint: typeof faults.constraint === 'string' ? faults.constraint : undefined, columns: columns.map(unquoted) }
  })
}

/** Whether the unique index `name` over `columns` was what the error is about: by the name or the columns, whichever the engine tells. */
export function violates(error: unknown, name: string, columns: readonly string[]): boolean {
  const violation = uniqueViolation(error)
  if (violation === undefined) return false
  if (violation.constraint === name) return true
  return violation.columns.length === columns.length && columns.every(column => violation.columns.includes(column))
}

/** A row that is referred to is missing, or one that is still referred to would go. */
export function isForeignKeyViolation(error: unknown): boolean {
  const numbers: unknown[] = [1216, 1217, 1451, 1452]
  return inChain(error, faults => faults.errcode === 787 || numbers.includes(faults.errno) || faults.code === '23503' || undefined) ?? false
}

/** SQLite: another process holds the lock. */
export function isBusy(error: unknown): boolean {
  return inChain(error, faults => (typeof faults.errcode === 'number' && [5, 6].includes(faults.errcode & 0xff)) || undefined) ?? false
}

/**
 * The engine gave up this transaction in favour of another one: a deadlock, a lock waited for too long, a failed serialisation or
 * certification (Galera), a node that is not ready (1047). Nothing was kept; the same again may work.
 */
export function isContention(error: unknown): boolean {
  const numbers: unknown[] = [1205, 1213, 1047, 1020, 1180, 1637, 3101]
  const states: unknown[] = ['40001', '40P01', '55P03', '40000']
  return isBusy(error) || (inChain(error, faults => numbers.includes(faults.errno) || states.includes(faults.code) || undefined) ?? false)
}

/** The disk is full or fails: the statement is right, and trying again soon will not help. */
export function isOutOfSpace(error: unknown): boolean {
  const numbers: unknown[] = [1021, 1114]
  const full = (faults: Faults) => faults.errcode === 13 || (typeof faults.errcode === 'number' && (faults.errcode & 0xff) === 10)
  return inChain(error, faults => full(faults) || numbers.includes(faults.errno) || faults.code === '53100' || undefined) ?? false
}

/** A table, column, index or key that is to be made exists: MariaDB and MySQL, after an interrupted migration. */
export function isAlreadyThere(error: unknown): boolean {
  const numbers: unknown[] = [1050, 1060, 1061, 1826]
  return inChain(error, faults => numbers.includes(faults.errno) || undefined) ?? false
}

const networkCodes: readonly unknown[] = [
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'ENOENT',
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_SEQUENCE_TIMEOUT',
  'PROTOCOL_ENQUEUE_AFTER_FATAL_ERROR',
  'PROTOCOL_PACKETS_OUT_OF_ORDER',
  'ERR_STREAM_WRITE_AFTER_END',
  'ERR_STREAM_DESTROYED',
  'KILONOVA_LOST',
]

/** The connection is gone, could not be made, or the server is shutting down, starting or full: nothing is wrong with the statement. */
export function isLost(error: unknown): boolean {
  return inChain(error, faults => isLostHere(faults) || undefined) ?? false
}

function isLostHere({ code, errno, message }: Faults): boolean {
  // 1040 too many connections, 1053 shutdown, 1152 aborted, 1158-1161 network, 1203 user's limit, 1927 killed, 2006/2013 client's words.
  const numbers: unknown[] = [1040, 1053, 1077, 1079, 1152, 1158, 1159, 1160, 1161, 1203, 1927, 2002, 2003, 2006, 2013]
  if (networkCodes.includes(code) || numbers.includes(errno)) return true
  if (typeof code === 'string' && /^(08...|57P0[1-5]|53300)$/.test(code)) return true
  return typeof message === 'string' && /^(Connection terminated|Client has encountered a connection error|timeout expired)/.test(message)
}

/** A lost connection as this platform sees it itself: a deadline that passed, a socket that closed. */
export class LostConnection extends Error {
  readonly code = 'KILONOVA_LOST'

  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'LostConnection'
  }
}

function inChain<T>(error: unknown, look: (faults: Faults) => T | undefined): T | undefined {
  for (let here = error, depth = 0; typeof here === 'object' && here !== null && depth < 8; depth++) {
    const found = look(here as Faults)
    if (found !== undefined) return found
    here = (here as Faults).cause
  }
  return undefined
}

const afterDot = (text: string) => unquoted(text.slice(text.lastIndexOf('.') + 1))
const unquoted = (text: string) => text.replace(/^"|"$/g, '')
