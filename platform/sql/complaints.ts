import { type Clock, within } from '../clock.ts'
import type { Database } from './database.ts'

/** For a service's health: what is wrong with its database, in a sentence; nothing when it answers in time. */
export async function complaintsOf<Tables>({ changes }: Database<Tables>, clock: Clock, ms = 2_000): Promise<readonly string[]> {
  try {
    await within(clock, ms, changes.head(), () => new Error(`it did not answer within ${ms} ms`))
    return []
  } catch (error) {
    return [`the database is away: ${error instanceof Error ? error.message : String(error)}`]
  }
}
