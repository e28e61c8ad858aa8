import { type PrimitiveValueListNode, SqliteQueryCompiler } from 'kysely'

/** Up to here a list is written out: short ones are few statements, and SQLite plans them best. */
const writtenOut = 16

/**
 * SQLite's dialect with long lists (`id in (...)`) as one parameter: a list of any length is the same statement, which stays prepared, and
 * thousands of values are no thousands of nodes. SQLite itself takes no more than 32,766 parameters.
 */
export class ListingCompiler extends SqliteQueryCompiler {
  protected override visitPrimitiveValueList(node: PrimitiveValueListNode): void {
    const { values } = node
    if (this.parentNode?.kind === 'BinaryOperationNode' && values.length > writtenOut && values.every(isPlain)) {
      this.append('(select value from json_each(')
      this.appendValue(JSON.stringify(values))
      this.append('))')
    } else super.visitPrimitiveValueList(node)
  }
}

const isPlain = (value: unknown): boolean => typeof value === 'string' || Number.isSafeInteger(value)
