import { join } from 'node:path'
import pino from 'pino'
import type { Cause } from '../cause.ts'
import type { Clock } from '../clock.ts'
import { humanLine } from './human.ts'
import { redact } from './redact.ts'
import { openRotatingFile } from './rotating-file.ts'

/**
 * What a line of the log may carry besides its message; secrets in it are hidden on the way out. Names that tools look for:
 * `request_id`, `instance_id`, `project_id`, `user_id`; `hop` with `ms` marks a point of a request's way (see trace.ts):
 *
 *     log.info('answered', { hop: 'http.request', request_id, ms: 1.8, what: 'GET /v3/projects 200' })
 */
export type Fields = Readonly<Record<string, unknown>>

export interface Log {
  debug(message: string, fields?: Fields): void
  info(message: string, fields?: Fields): void
  warn(message: string, fields?: Fields): void
  /** `fields.error` may be an Error: its stack and its chain of causes are written. */
  error(message: string, fields?: Fields): void
  /** The same log with `fields` on every line: `log.child({ request_id, instance_id })`. */
  child(fields: Fields): Log
}

export interface OpenLog extends Log {
  /** Writes what is gathered; call before the process ends by force. */
  flush(): void
  close(): void
}

export type Level = 'debug' | 'info' | 'warn' | 'error'

export interface LogWish {
  /** `nova-api`: names the file and stands on every line. */
  readonly daemon: string
  /** Where `<daemon>.log` is written; without it only the terminal is. */
  readonly dir?: string | undefined
  /** `human` for a person, `json` for a program that reads standard output, `none`. */
  readonly terminal: 'human' | 'json' | 'none'
  readonly clock: Pick<Clock, 'now'>
  /** Default `info`. */
  readonly level?: Level | undefined
  /** A file that reaches this size is renamed to `.1`; default 64 MiB. */
  readonly maxBytes?: number | undefined
  /** Renamed files that are kept per daemon; default 4. */
  readonly keep?: number | undefined
  /** Standard error, or what a test hands in. */
  readonly write?: ((text: string) => void) | undefined
  readonly colour?: boolean | undefined
}

/**
 * Opens the log of one daemon. A line is on disk at the end of the turn of the event loop that wrote it; errors are there at once.
 */
export function openLog(wish: LogWish): OpenLog {
  const { daemon, dir, terminal, clock } = wish
  const file =
    dir === undefined
      ? undefined
      : openRotatingFile(join(dir, `${daemon}.log`), { maxBytes: wish.maxBytes ?? 64 * 2 ** 20, keep: wish.keep ?? 4 })
  const write = wish.write ?? (words => void process.stderr.write(words))
  const colour = wish.colour ?? process.stderr.isTTY === true
  const sink = {
    write(raw: string) {
      const line = redact(raw)
      file?.write(line)
      if (terminal !== 'none') write(terminal === 'json' ? line : humanLine(line, colour))
    },
  }
  const logger = pino(
    {
      level: wish.level ?? 'info',
      base: { daemon },
      timestamp: stampOf(clock),
      formatters: { level: label => ({ level: label }) },
      serializers: { error: wholeError },
    },
    sink,
  )
  return { ...logOn(logger, () => file?.flush()), flush: () => file?.flush(), close: () => file?.close() }
}

/** The time of a line; the second is put into words once. */
function stampOf(clock: Pick<Clock, 'now'>): () => string {
  let second = Number.NaN
  let words = ''
  return () => {
    const now = Math.floor(clock.now())
    const ms = ((now % 1000) + 1000) % 1000
    if (now - ms !== second) {
      second = now - ms
      words = `,"time":"${new Date(second).toISOString().slice(0, -4)}`
    }
    return `${words}${String(ms).padStart(3, '0')}Z"`
  }
}

/** A log that says nothing, for tests. */
export const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, child: () => silentLog }

/** The fields of a cause: whose request a line belongs to. */
export const causeFields = (cause: Cause): Fields => ({
  request_id: cause.requestId,
  ...(cause.globalRequestId === undefined ? {} : { global_request_id: cause.globalRequestId }),
  ...(cause.userId === undefined ? {} : { user_id: cause.userId }),
  ...(cause.projectId === undefined ? {} : { project_id: cause.projectId }),
})

function logOn(logger: pino.Logger, flush: () => void): Log {
  return {
    debug: (message, fields) => logger.debug(fields ?? {}, message),
    info: (message, fields) => logger.info(fields ?? {}, message),
    warn: (message, fields) => logger.warn(fields ?? {}, message),
    error: (message, fields) => {
      logger.error(fields ?? {}, message)
      flush()
    },
    child: fields => logOn(logger.child(fields), flush),
  }
}

/** An error with its stack and all its causes; anything else as it is. */
function wholeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return error
  const more = error.cause === undefined || depth > 5 ? {} : { cause: wholeError(error.cause, depth + 1) }
  const code = 'code' in error && error.code !== undefined ? { code: error.code } : {}
  return { type: error.name, message: error.message, stack: error.stack, ...code, ...more }
}
