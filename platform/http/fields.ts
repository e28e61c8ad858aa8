import type { Ladder, Span } from '../ladder.ts'
import { columns } from '../ladder.ts'
import type { JsonSchema, Shape } from './shape.ts'

/** One named field of a body or a query string. */
export interface Field<out T, Needed extends boolean = boolean> {
  readonly shape: Shape<T>
  readonly needed: Needed
}

export const required = <T>(shape: Shape<T>): Field<T, true> => ({ shape, needed: true })
export const optional = <T>(shape: Shape<T>): Field<T, false> => ({ shape, needed: false })

type AnyField = Field<unknown>
/** A field, a field some versions see, or the columns of a field whose shape changed. */
export type Cell = AnyField | Span<AnyField> | readonly (AnyField | Span<AnyField>)[]
export type Cells = Readonly<Record<string, Cell>>

type CellValue<C> = C extends readonly (infer One)[]
  ? CellValue<One>
  : C extends Span<infer F>
    ? CellValue<F>
    : C extends Field<infer T>
      ? T
      : never

/** The type of a validated body or query: what only some versions send is optional, so that nobody forgets the callers who do not send it. */
export type FieldsOf<F> = {
  readonly [K in keyof F as F[K] extends Field<unknown, true> ? K : never]: CellValue<F[K]>
} & {
  readonly [K in keyof F as F[K] extends Field<unknown, true> ? never : K]?: CellValue<F[K]> | undefined
}

/** The JSON Schema of an object with these fields, as `version` sees it. */
export function schemaAt(versions: Ladder, version: string, cells: Cells, extra: boolean | JsonSchema): JsonSchema {
  const properties: Record<string, JsonSchema> = {}
  const needed: string[] = []
  for (const [name, cell] of Object.entries(cells)) {
    const field = columns(cell as AnyField).findLast(span => versions.sees(version, span))?.what
    if (!field) continue
    properties[name] = field.shape.schema
    if (field.needed) needed.push(name)
  }
  return { type: 'object', properties, ...(needed.length > 0 ? { required: needed } : {}), additionalProperties: extra }
}

/** The rungs at which something of these fields begins or ends: the versions worth an example each. */
export function rungsOf(cells: Cells): readonly string[] {
  const rungs = new Set<string>()
  for (const cell of Object.values(cells))
    for (const { from, to } of columns(cell as AnyField)) {
      if (from !== undefined) rungs.add(from)
      if (to !== undefined) rungs.add(to)
    }
  return [...rungs]
}
