import type { Tx } from './database.ts'

interface Counter {
  readonly last: number
}
type CounterOf<Tables> = { [Name in keyof Tables & string]: Tables[Name] extends Counter ? Name : never }[keyof Tables & string]

/**
 * The next number of a counter, a table of one row with the column `last`: none is given twice, though what had it is gone. The row stays locked until
 * the commit: who comes at the same time waits, and gets the next.
 */
export async function nextNumber<Tables>(tx: Tx<Tables>, counter: CounterOf<Tables>): Promise<number> {
  const table: string = counter
  // Kysely cannot tell the columns of a table whose name is a parameter.
  const plain = tx as unknown as Tx<Record<string, Counter>>
  await plain.change([], sql =>
    sql
      .updateTable(table)
      .set(({ eb }) => ({ last: eb('last', '+', 1) }))
      .execute(),
  )
  return Number((await plain.read.selectFrom(table).select('last').executeTakeFirstOrThrow()).last)
}
