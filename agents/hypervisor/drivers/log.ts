/** The part of the platform's log that an agent speaks to: a sentence, and the facts beside it. */
export interface Log {
  debug(words: string, facts?: Record<string, unknown>): void
  info(words: string, facts?: Record<string, unknown>): void
  warn(words: string, facts?: Record<string, unknown>): void
  error(words: string, facts?: Record<string, unknown>): void
}
