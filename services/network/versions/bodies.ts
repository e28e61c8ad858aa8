import type { Body } from '@kilonova/platform/http/endpoint.ts'
import { type Attributes, may, readValue } from '../attributes/attribute/attribute.ts'
import { refuseBody } from '../refusals/refusal.ts'

/** What a client sent about one thing, as it sent it. */
export type Sent = Readonly<Record<string, unknown>>

/** A body whose attributes are read here, in Neutron's order and words; the schema tells clients what may be in it. */
export const describedBody = (name: string, attributes: Attributes, mark: 'c' | 'u', plural?: string): Body<Sent> => {
  const fields = Object.entries(attributes).filter(([, one]) => may(one, mark))
  const schema = {
    type: 'object',
    properties: Object.fromEntries(fields.map(([field, { kind }]) => [field, kind.schema])),
    required: mark === 'c' ? fields.filter(([, one]) => one.needed).map(([field]) => field) : [],
    additionalProperties: false,
  }
  const properties = { [name]: schema, ...(plural === undefined ? {} : { [plural]: { type: 'array', items: schema } }) }
  return { root: null, rungs: [], readsItself: true, undeclared: () => ({}), schema: () => ({ type: 'object', properties }) }
}

const isRecord = (value: unknown): value is Sent => typeof value === 'object' && value !== null && !Array.isArray(value)

export const asRecord = (value: unknown): Sent => (isRecord(value) ? value : {})

/** The things a create is about: one, or several at once. */
export function thingsIn(body: unknown, name: string, plural: string): { readonly things: readonly Sent[]; readonly isBulk: boolean } {
  if (body === undefined || body === null) return refuseBody('Resource body required')
  if (!isRecord(body)) return refuseBody('Body contains invalid data')
  const many = body[plural]
  if (many !== undefined) {
    if (!Array.isArray(many) || many.length === 0) return refuseBody('Resources required')
    return { isBulk: true, things: many.map(one => thingIn(isRecord(one) && isRecord(one[name]) ? one : { [name]: one }, name)) }
  }
  return { isBulk: false, things: [thingIn(body, name)] }
}

export function thingIn(body: unknown, name: string): Sent {
  if (body === undefined || body === null) return refuseBody('Resource body required')
  const sent = isRecord(body) ? body[name] : undefined
  if (sent === undefined || sent === null) return refuseBody(`Unable to find '${name}' in request body`)
  return isRecord(sent) ? sent : refuseBody(`Object '${name}' contains invalid data`)
}

interface Asking {
  readonly projectId: string | undefined
  readonly seesAll: boolean
}

/** The owner under both its names. Only an administrator may name another project than their own. */
export function withOwner(sent: Sent, asking: Asking, isCreate: boolean): Sent {
  const { project_id: project, tenant_id: tenant } = sent
  if (project !== undefined && tenant !== undefined && project !== tenant) return refuseBody("'project_id' and 'tenant_id' do not match")
  const named = project ?? tenant
  if (named !== undefined && named !== asking.projectId && !asking.seesAll)
    return refuseBody("Specifying 'project_id' or 'tenant_id' other than the authenticated project in request requires admin privileges")
  const owner = named ?? (isCreate ? asking.projectId : undefined)
  const { tenant_id: _, ...rest } = sent
  return owner === undefined ? rest : { ...rest, project_id: owner }
}

export function mustBeKnown(sent: Sent, attributes: Attributes): void {
  const unknown = Object.keys(sent).filter(name => !Object.hasOwn(attributes, name))
  if (unknown.length > 0) refuseBody(`Unrecognized attribute(s) '${unknown.join(', ')}'`)
}

/** Each attribute of a new thing: what was sent, or what it is when nobody says. */
export function readCreate(sent: Sent, attributes: Attributes): Sent {
  mustBeKnown(sent, attributes)
  const found: Record<string, unknown> = {}
  for (const [name, one] of Object.entries(attributes)) {
    if (!may(one, 'c')) {
      if (sent[name] !== undefined) refuseBody(`Attribute '${name}' not allowed in POST`)
    } else if (sent[name] !== undefined) found[name] = sent[name]
    else if (one.needed) refuseBody(`Failed to parse request. Required attribute '${name}' not specified`)
  }
  for (const [name, value] of Object.entries(found)) {
    const one = attributes[name]
    if (one) found[name] = readValue(name, one.kind, value)
  }
  for (const [name, { fallback }] of Object.entries(attributes))
    if (found[name] === undefined && fallback !== undefined) found[name] = fallback
  return found
}

export function readChange(sent: Sent, attributes: Attributes): Sent {
  mustBeKnown(sent, attributes)
  for (const name of Object.keys(sent)) {
    const one = attributes[name]
    if (one && !may(one, 'u')) refuseBody(`Cannot update read-only attribute ${name}`)
  }
  return Object.fromEntries(
    Object.entries(sent).flatMap(([name, value]) => {
      const one = attributes[name]
      return one ? [[name, readValue(name, one.kind, value)]] : []
    }),
  )
}
