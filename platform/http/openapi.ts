import { at, columns, isSpan, type Ladder } from '../ladder.ts'
import { type Endpoint, isOpen } from './endpoint.ts'
import type { JsonSchema } from './shape.ts'

/** What an OpenAPI document needs to know of a service. */
export interface Described {
  readonly name: string
  readonly title: string
  readonly versions: Ladder
  readonly endpoints: Parameters<typeof flat>[0]
}

/** Every endpoint with its window of versions, spans unwrapped. */
export const flat = (
  endpoints: readonly (Endpoint | { readonly from?: string | undefined; readonly to?: string | undefined; readonly what: Endpoint })[],
) => endpoints.map(one => (isSpan(one) ? { ...(one.what as Endpoint), since: one.from, until: one.to } : (one as Endpoint)))

/** The service's OpenAPI 3.1 document as one version of its API sees it. */
export function openApi({ name, title, versions, endpoints }: Described, version: string): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const endpoint of flat(endpoints)) {
    if (!versions.sees(version, { from: endpoint.since, to: endpoint.until, what: undefined })) continue
    paths[endpoint.path] ??= {}
    const verbs = paths[endpoint.path] ?? {}
    const verb = endpoint.method.toLowerCase()
    const before = verbs[verb] as Operation | undefined
    const operation = operationOf(endpoint, versions, version)
    verbs[verb] = before && endpoint.action ? withAction(before, operation) : operation
  }
  return {
    openapi: '3.1.0',
    info: { title, version, 'x-service': name, 'x-min-version': versions.first, 'x-max-version': versions.latest },
    components: { securitySchemes: { token: { type: 'apiKey', in: 'header', name: 'X-Auth-Token' } } },
    paths,
  }
}

interface Operation {
  readonly requestBody?: {
    readonly required?: boolean
    readonly content: { readonly [mediaType: string]: { readonly schema: JsonSchema } }
  }
  readonly [field: string]: unknown
}

function operationOf(endpoint: Endpoint, versions: Ladder, version: string): Operation {
  const { body, query, view, policy } = endpoint
  const status = at(versions, version, endpoint.status) ?? 200
  const pathParameters = [...endpoint.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
  return {
    summary: endpoint.summary,
    'x-policy': isOpen(policy) ? null : policy,
    ...(isOpen(policy) ? { 'x-open': policy.open, security: [] } : { security: [{ token: [] }] }),
    ...(endpoint.since ? { 'x-since': endpoint.since } : {}),
    ...(endpoint.until ? { 'x-until': endpoint.until } : {}),
    ...(endpoint.action ? { 'x-action': endpoint.action } : {}),
    parameters: [...pathParameters, ...queryParameters(query?.schema(version))],
    ...(body ? { requestBody: { required: true, content: { 'application/json': { schema: body.schema(version) } } } } : {}),
    ...(endpoint.streams ? { requestBody: { content: { 'application/octet-stream': { schema: {} } } } } : {}),
    responses: {
      [status]: { description: endpoint.summary, ...(view ? { content: { 'application/json': { schema: view.schema(version) } } } : {}) },
    },
  }
}

/** All actions of one path are one operation in OpenAPI's eyes: its body is one of theirs. */
function withAction(before: Operation, more: Operation): Operation {
  const schemas = [before, more].flatMap(operation => {
    const schema = operation.requestBody?.content['application/json']?.schema
    return schema ? ((schema['oneOf'] as JsonSchema[] | undefined) ?? [schema]) : []
  })
  return { ...before, requestBody: { content: { 'application/json': { schema: { oneOf: schemas } } } } }
}

function queryParameters(schema: JsonSchema | undefined) {
  if (!schema) return []
  const needed = (schema['required'] as readonly string[] | undefined) ?? []
  return Object.entries(schema['properties'] as Record<string, JsonSchema>).map(([name, property]) => ({
    name,
    in: 'query',
    required: needed.includes(name),
    schema: property,
  }))
}

/** The rungs of a ladder that nothing of the service begins or ends at: for the test that refuses a rung without a use. */
export function unusedRungs(
  { versions, endpoints }: Pick<Described, 'versions' | 'endpoints'>,
  otherwiseUsed: readonly string[] = [],
): readonly string[] {
  const used = new Set<string>([versions.first, ...otherwiseUsed])
  for (const endpoint of flat(endpoints)) {
    const status = columns(endpoint.status).flatMap(({ from, to }) => [from, to])
    for (const rung of [
      endpoint.since,
      endpoint.until,
      ...status,
      ...(endpoint.body?.rungs ?? []),
      ...(endpoint.query?.rungs ?? []),
      ...(endpoint.view?.rungs ?? []),
    ]) {
      if (rung === undefined) continue
      used.add(rung)
      // `until` one rung is what the next rung changed.
      const next = versions.order[versions.rank(rung) + 1]
      if (next !== undefined) used.add(next)
    }
  }
  return versions.order.filter(version => !used.has(version))
}
