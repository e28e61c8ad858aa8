import type { Log } from '@kilonova/platform/log/log.ts'

/** Undos, noted beside the acts they belong to, performed last first when a later act fails. */
export interface Undo {
  note(what: string, run: () => Promise<unknown>): void
}

/**
 * Runs `work`; when it throws, so do all undos it noted, and its error is thrown on. An undo that fails is logged and does not keep the
 * others from their turn: the first error is the one the caller must hear.
 */
export async function undoingOnFailure<T>(log: Log, work: (undo: Undo) => Promise<T>): Promise<T> {
  const noted: { what: string; run: () => Promise<unknown> }[] = []
  try {
    return await work({ note: (what, run) => void noted.unshift({ what, run }) })
  } catch (error) {
    for (const { what, run } of noted) {
      await run().catch(failure => log.error('an undo failed and leaves something behind', { what, error: failure }))
    }
    throw error
  }
}
