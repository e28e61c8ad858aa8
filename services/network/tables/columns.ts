import { isSet } from '@kilonova/platform/sql/columns.ts'

/** How a field lies in its column. */
export type ColumnKind = 'text' | 'number' | 'flag' | 'json'

type Columns = Readonly<Record<string, ColumnKind | undefined>>

/** `adminStateUp` → `admin_state_up` */
export const snake = (field: string): string => field.replaceAll(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)

export const toRow = (columns: object, thing: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(columns as Columns).map(([field, kind]) => {
      const value = (thing as Record<string, unknown>)[field]
      return [snake(field), kind === 'json' ? JSON.stringify(value ?? null) : kind === 'flag' ? (value === true ? 1 : 0) : (value ?? null)]
    }),
  )

export const fromRow = <N>(columns: object, row: Record<string, unknown>): N =>
  Object.fromEntries(Object.entries(columns as Columns).map(([field, kind]) => [field, fromColumn(kind, row[snake(field)])])) as N

function fromColumn(kind: ColumnKind | undefined, value: unknown): unknown {
  if (kind === 'json') return typeof value === 'string' ? JSON.parse(value) : null
  if (kind === 'flag') return isSet(value as number | null)
  return kind === 'number' && value !== null ? Number(value) : value
}

/** What a filter's value is in the column; nothing when no row can have it. */
export function toColumn(kind: ColumnKind | undefined, value: unknown): unknown {
  if (value === null) return null
  if (kind === 'flag') return value === true || value === 'True' || value === 'true' || value === 1 || value === '1' ? 1 : 0
  if (kind === 'number') return Number.isFinite(Number(value)) && String(value).trim() !== '' ? Number(value) : undefined
  return String(value)
}
