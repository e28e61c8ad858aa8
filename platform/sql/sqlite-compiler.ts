import { type LimitNode, type OffsetNode, type OperationNode, type PrimitiveValueListNode, SqliteQueryCompiler, ValueNode } from 'kysely'

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

  protected override visitLimit({ limit }: LimitNode): void {
    this.append('limit ')
    this.#visitBound(limit)
  }

  protected override visitOffset({ offset }: OffsetNode): void {
    this.append('offset ')
    this.#visitBound(offset)
  }

  /**
   * SQLite looks at a bare parameter here while it plans, and plans the whole statement anew each time another value may be bound, which is ten
   * times the work of running a small one. Behind a cast it sees an expression.
   */
  #visitBound(bound: OperationNode): void {
    if (!ValueNode.is(bound)) {
      this.visitNode(bound)
      return
    }
    this.append('cast(')
    this.visitNode(bound)
    this.append(' as integer)')
  }
}

const isPlain = (value: unknown): boolean => typeof value === 'string' || Number.isSafeInteger(value)
