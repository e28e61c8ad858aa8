import { isSet } from '@kilonova/platform/sql/columns.ts'

/** How a field lies in its column. */
export type ColumnKind = 'text' | 'number' | 'flag' | 'json'

type Columns = Readonly<Record<string, ColumnKind | undefined>>

/** The columns that every resource has. */
export const standardColumns = {
  id: 'text',
  projectId: 'text',
  description: 'text',
  revisionNumber: 'number',
  createdAt: 'text',
  updatedAt: 'text',
} as const
export const namedColumns = { ...standardColumns, name: 'text' } as const

/** `adminStateUp` → `admin_state_up` */
export const snake = (field: string): string => field.replaceAll(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)

interface Plan {
  readonly field: string
  readonly column: string
  readonly kind: ColumnKind | undefined
}

const plans = new WeakMap<object, readonly Plan[]>()

/** What lies in which column: put together once for a table, as a page may have a thousand rows of thirty columns. */
function planOf(columns: object): readonly Plan[] {
  let plan = plans.get(columns)
  if (plan === undefined) {
    plan = Object.entries(columns as Columns).map(([field, kind]) => ({ field, column: snake(field), kind }))
    plans.set(columns, plan)
  }
  return plan
}

export function toRow(columns: object, thing: object): Record<string, unknown> {
  const row: Record<string, unknown> = {}
  for (const { field, column, kind } of planOf(columns)) {
    const value = (thing as Record<string, unknown>)[field]
    row[column] = kind === 'json' ? JSON.stringify(value ?? null) : kind === 'flag' ? (value === true ? 1 : 0) : (value ?? null)
  }
  return row
}

export function fromRow<N>(columns: object, row: Record<string, unknown>): N {
  const thing: Record<string, unknown> = {}
  for (const { field, column, kind } of planOf(columns)) thing[field] = fromColumn(kind, row[column])
  return thing as N
}

function fromColumn(kind: ColumnKind | undefined, value: unknown): unknown {
  if (kind === 'json') return typeof value === 'string' ? parsed(value) : null
  if (kind === 'flag') return isSet(value as number | null)
  return kind === 'number' && value !== null ? Number(value) : value
}

/** Most lists and objects of a page are empty. */
const parsed = (text: string): unknown => (text === '[]' ? [] : text === '{}' ? {} : JSON.parse(text))

/** What a filter's value is in the column; nothing when no row can have it. */
export function toColumn(kind: ColumnKind | undefined, value: unknown): unknown {
  if (value === null) return null
  if (kind === 'flag') return value === true || value === 'True' || value === 'true' || value === 1 || value === '1' ? 1 : 0
  if (kind === 'number') return Number.isFinite(Number(value)) && String(value).trim() !== '' ? Number(value) : undefined
  return String(value)
}
