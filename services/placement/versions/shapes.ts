import { optional, required } from '@kilonova/platform/http/fields.ts'
import { decimal, dictionary, integer, list, maybe, nullable, object, type Shape, text, uuid } from '@kilonova/platform/http/shape.ts'
import { largestAmount, type Terms, usualTerms } from '../inventories/inventory.ts'
import { body, since, until } from '../versions.ts'

/** The shapes that bodies of several resources share. */
export const className = '^[A-Z0-9_]+$'
const uuidKey = '^[0-9a-fA-F-]{36}$'

const notEmpty = <T>(of: Shape<T>): Shape<T> => ({ schema: { ...of.schema, minProperties: 1 } })

/** The largest number that a column of single precision holds, as OpenStack has it. */
const largestRatio = 3.40282e38

// biome-ignore format: a table of fields
const shapes = {
  reserved:         integer({ min: 0, max: largestAmount }),
  min_unit:         integer({ min: 1, max: largestAmount }),
  max_unit:         integer({ min: 1, max: largestAmount }),
  step_size:        integer({ min: 1, max: largestAmount }),
  allocation_ratio: decimal({ max: largestRatio }),
  resource_provider_generation: integer(),
}
const total = integer({ min: 1, max: largestAmount })

/** An inventory inside a larger body. */
// biome-ignore format: a table of fields
const inventory = object({
  total,
  reserved:         maybe(shapes.reserved),
  min_unit:         maybe(shapes.min_unit),
  max_unit:         maybe(shapes.max_unit),
  step_size:        maybe(shapes.step_size),
  allocation_ratio: maybe(shapes.allocation_ratio),
  resource_provider_generation: maybe(shapes.resource_provider_generation),
})

/** All that one provider has. */
export const stock = {
  resource_provider_generation: shapes.resource_provider_generation,
  inventories: dictionary(inventory, { key: className }),
}

/** The fields of a body that is one inventory. */
// biome-ignore format: a table of fields
export const inventoryFields = {
  total:            required(total),
  reserved:         optional(shapes.reserved),
  min_unit:         optional(shapes.min_unit),
  max_unit:         optional(shapes.max_unit),
  step_size:        optional(shapes.step_size),
  allocation_ratio: optional(shapes.allocation_ratio),
}

export interface SaidInventory {
  readonly total: number
  readonly reserved?: number | undefined
  readonly min_unit?: number | undefined
  readonly max_unit?: number | undefined
  readonly step_size?: number | undefined
  readonly allocation_ratio?: number | undefined
}

export const termsOf = (said: SaidInventory): Terms => ({
  total: said.total,
  reserved: said.reserved ?? usualTerms.reserved,
  minUnit: said.min_unit ?? usualTerms.minUnit,
  maxUnit: said.max_unit ?? usualTerms.maxUnit,
  stepSize: said.step_size ?? usualTerms.stepSize,
  allocationRatio: said.allocation_ratio ?? usualTerms.allocationRatio,
})

export const stockOf = (said: Readonly<Record<string, SaidInventory>>) =>
  Object.fromEntries(Object.entries(said).map(([name, one]) => [name, termsOf(one)]))

const amounts = notEmpty(dictionary(integer({ min: 1 }), { key: className }))
const byProvider = dictionary(object({ generation: maybe(integer()), resources: amounts }), { key: uuidKey })
const asList = list(object({ resource_provider: object({ uuid }), resources: amounts }), { min: 1 })
const id = text({ min: 1, max: 255 })
const mappings = notEmpty(dictionary(list(uuid, { min: 1 })))
const type = text({ min: 1, max: 255, pattern: className })

/** What one consumer shall have. Since 1.12 by provider, since 1.28 maybe nothing. */
// biome-ignore format: a table of fields
export const claimFields = {
  allocations:         [until('1.11', required(asList)), since('1.12', required(notEmpty(byProvider))), since('1.28', required(byProvider))],
  project_id:          since('1.8', required(id)),
  user_id:             since('1.8', required(id)),
  consumer_generation: since('1.28', required(nullable(integer()))),
  mappings:            since('1.34', optional(mappings)),
  consumer_type:       since('1.38', required(type)),
} as const

/** What one of several consumers shall have, maybe nothing. */
const oneOfMany = body(null, { ...claimFields, allocations: required(byProvider) })
type OneOfMany = NonNullable<(typeof oneOfMany)['type']>

/** What each of several consumers shall have. */
export const claimsAt = (version: string) => ({
  type: 'object',
  propertyNames: { type: 'string', pattern: uuidKey },
  additionalProperties: oneOfMany.schema(version),
})
export type SaidClaims = Readonly<Record<string, OneOfMany>>
export const claimRungs = oneOfMany.rungs

/** What each of several providers shall have. */
export const stocks = notEmpty(dictionary(object(stock), { key: uuidKey }))
