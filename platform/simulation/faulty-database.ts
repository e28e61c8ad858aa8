import type { Kysely, KyselyPlugin } from 'kysely'
import type { Chance } from '../chance.ts'
import { Refusal } from '../refusal.ts'
import type { Database, Reader, Tx } from '../sql/database.ts'
import type { Gate } from './gate.ts'

/** How often a transaction fails, as fractions of all. */
export interface DatabaseFaults {
  /** Nothing is committed, and the caller learns so. */
  readonly beforeCommit: number
  /** All is committed, and the caller learns that it failed. */
  readonly afterCommit: number
  /** Of reads outside of transactions: they fail. */
  readonly unread: number
}

/** A database whose transactions and reads fail now and then. */
export function faultyDatabase<Tables>(database: Database<Tables>, faults: () => DatabaseFaults, chance: Chance): Database<Tables> {
  const happens = (often: number) => chance.fraction() < often
  const away = () => new Refusal('unavailable', 'The database is away.', { retryAfterS: 1 })
  return {
    ...database,
    read: answering(database.read, async result => {
      if (happens(faults().unread)) throw away()
      return result
    }),
    async transaction(cause, work) {
      const result = await database.transaction(cause, async tx => {
        const result = await work(tx)
        if (happens(faults().beforeCommit)) throw away()
        return result
      })
      if (happens(faults().afterCommit)) throw away()
      return result
    },
  }
}

/** The database of a process that may be killed: its open transaction is rolled back, and what came after a commit does not happen. */
export function gatedDatabase<Tables>(database: Database<Tables>, { pass, cross, untilDeath }: Gate): Database<Tables> {
  /** Inside a transaction the dead throw, so that the database can let go of it. */
  const die = () => {
    if (cross()) throw new Error('killed inside a transaction')
  }
  const gated = (tx: Tx<Tables>): Tx<Tables> => ({
    read: tx.read,
    async change(change, write) {
      die()
      const result = await tx.change(change, write)
      die()
      return result
    },
    afterCommit: run => tx.afterCommit(() => void (cross() || run())),
  })
  return {
    ...database,
    read: answering(database.read, result => pass(async () => result)),
    transaction: (cause, work) =>
      pass(() =>
        database.transaction(cause, async tx => {
          const result = await untilDeath(work(gated(tx)))
          die()
          return result
        }),
      ),
  }
}

/** The same reader, with something between an answer and who asked. */
function answering<Tables>(read: Reader<Tables>, meanwhile: <R>(result: R) => Promise<R>): Reader<Tables> {
  const between: KyselyPlugin = { transformQuery: ({ node }) => node, transformResult: ({ result }) => meanwhile(result) }
  // NOTE: a reader is a Kysely with its writing words hidden.
  return (read as unknown as Kysely<Tables>).withPlugin(between) as unknown as Reader<Tables>
}
