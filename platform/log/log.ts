import type { Clock } from '../clock.ts'

/** What a line of the log may carry besides its message. Secrets in it are hidden on the way out. */
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
}

/** A log that says nothing, for tests. */
export const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, child: () => silentLog }
