import { at, columns, isSpan, type Ladder, type Span } from '../ladder.ts'
import { type Endpoint, isOpen } from './endpoint.ts'
import { type Problem, type Spelling, usualStatus } from './problem.ts'
import type { JsonSchema } from './shape.ts'

/** What an OpenAPI document needs to know of a service. */
export interface Described {
  /** The daemon's name: `keystone`. */
  readonly name: string
  readonly title: string
  readonly versions: Ladder
  readonly endpoints: readonly (Endpoint | Span<Endpoint>)[]
  readonly spell: Spelling
  /** Where callers choose a version by a header: the word before the number. */
  readonly microversions?: { readonly service: string } | undefined
}

/** Every endpoint with its window of versions, spans unwrapped. */
export const flat = (endpoints: Described['endpoints']): readonly Endpoint[] =>
  endpoints.map(one => (isSpan(one) ? { ...(one.what as Endpoint), since: one.from, until: one.to } : (one as Endpoint)))

/** The service's OpenAPI 3.1 document as one version of its API sees it. */
export function openApi(described: Described, version: string): object {
  const { name, title, versions } = described
  const seen = flat(described.endpoints).filter(one => versions.sees(version, { from: one.since, to: one.until, what: undefined }))
  const operations = Map.groupBy(seen, ({ method, path }) => `${method} ${path}`)
  const paths: Record<string, Record<string, object>> = {}
  for (const [first, ...more] of operations.values()) {
    if (!first) continue
    const operation = first.action === undefined ? operationOf(first, described, version) : actionsOf([first, ...more], described, version)
    // NOTE: OpenAPI has no word for COPY, which the object store's clients send.
    paths[first.path] = { ...paths[first.path], [first.method === 'COPY' ? 'x-copy' : first.method.toLowerCase()]: operation }
  }
  return {
    openapi: '3.1.0',
    info: { title, version, 'x-service': name, 'x-min-version': versions.first, 'x-max-version': versions.latest },
    tags: [...new Set(seen.map(({ path }) => tagOf(path)))].sort().map(tag => ({ name: tag })),
    paths,
    components: { securitySchemes: { token: { type: 'apiKey', in: 'header', name: 'X-Auth-Token' } }, responses: faultsOf(described) },
  }
}

/** `/v3/users/{user_id}/groups` is about `users`: the first part that is neither a version nor a parameter. */
export const tagOf = (path: string) =>
  path.split('/').find(part => part !== '' && !part.startsWith('{') && !/^v\d+(\.\d+)?$/.test(part)) ?? 'versions'

const paramsIn = (path: string) => [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)

interface Operation {
  readonly responses: Readonly<Record<string, Answer>>
  readonly [field: string]: unknown
}

function operationOf(endpoint: Endpoint, described: Described, version: string): Operation {
  const { body, query, view, policy, streams } = endpoint
  const { versions, microversions } = described
  const status = at(versions, version, endpoint.status) ?? 200
  const content = streams ? { 'application/octet-stream': {} } : body ? { 'application/json': { schema: body.schema(version) } } : undefined
  return {
    operationId: operationId(endpoint),
    summary: endpoint.summary,
    tags: [tagOf(endpoint.path)],
    ...(isOpen(policy) ? { 'x-open': policy.open, security: [] } : { 'x-policy': policy, security: [{ token: [] }] }),
    ...(endpoint.since ? { 'x-since': endpoint.since } : {}),
    ...(endpoint.until ? { 'x-until': endpoint.until } : {}),
    parameters: [
      ...paramsIn(endpoint.path).map(name => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
      ...queryParameters(query?.schema(version)),
      ...(microversions ? [versionHeader(microversions.service)] : []),
    ],
    ...(content ? { requestBody: { required: !streams, content } } : {}),
    responses: {
      [status]: { description: endpoint.summary, ...(view ? { content: { 'application/json': { schema: view.schema(version) } } } : {}) },
      ...refusalsOf(endpoint, described, status),
    },
  }
}

/** All actions of one path are one operation in OpenAPI's eyes: its body is one of theirs, its answer the answer of one of them. */
function actionsOf(group: readonly Endpoint[], described: Described, version: string) {
  const all = group.map(endpoint => operationOf(endpoint, described, version))
  const [first] = all
  const answers: Record<string, Answer> = {}
  for (const { responses } of all)
    for (const [status, response] of Object.entries(responses)) answers[status] = withAnswer(answers[status], response)
  return {
    ...first,
    operationId: operationId({ method: group[0]?.method ?? 'POST', path: group[0]?.path ?? '' }),
    summary: group.map(({ summary }) => summary).join('; '),
    'x-policy': undefined,
    'x-since': undefined,
    'x-until': undefined,
    'x-actions': Object.fromEntries(
      group.map(({ action = '', summary, policy, since, until }) => [
        action,
        { summary, policy: isOpen(policy) ? null : policy, since, until },
      ]),
    ),
    requestBody: {
      required: true,
      content: { 'application/json': { schema: { oneOf: group.map(one => one.body?.schema(version) ?? bareAction(one.action ?? '')) } } },
    },
    responses: answers,
  }
}

const bareAction = (action: string): JsonSchema => ({ type: 'object', properties: { [action]: {} }, required: [action] })

type Answer =
  | { readonly $ref: string }
  | { readonly description: string; readonly content?: { readonly 'application/json': { readonly schema: JsonSchema } } }

function withAnswer(before: Answer | undefined, more: Answer): Answer {
  if (before === undefined || '$ref' in before || '$ref' in more) return before ?? more
  const schemas = [before, more].flatMap(({ content }) => (content ? alternatives(content['application/json'].schema) : []))
  return {
    description: `${before.description}; ${more.description}`,
    ...(schemas.length > 0 ? { content: { 'application/json': { schema: { anyOf: schemas } } } } : {}),
  }
}
const alternatives = (schema: JsonSchema): readonly JsonSchema[] =>
  Object.keys(schema).join() === 'anyOf' ? (schema['anyOf'] as readonly JsonSchema[]) : [schema]

const operationId = ({ method, path, action }: { method: string; path: string; action?: string | undefined }) =>
  [method.toLowerCase(), ...path.split(/[^\w-]+/).filter(part => part !== ''), ...(action === undefined ? [] : [action])].join('_')

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

const versionHeader = (service: string) => ({
  name: 'OpenStack-API-Version',
  in: 'header',
  required: false,
  description: `\`${service}\` and a version, as in \`${service} 2.1\`; the lowest when left out.`,
  schema: { type: 'string' },
})

type Kind = Problem['kind']

/** The refusals that the declaration itself makes possible; what logic refuses besides is written with it. */
const kindsOf = ({ policy, body, query, path, about, action }: Endpoint): readonly Kind[] => [
  ...(body || query || action ? (['invalid'] as const) : []),
  ...(isOpen(policy) ? [] : (['unauthenticated', 'forbidden'] as const)),
  ...(about || path.includes('{') ? (['not-found'] as const) : []),
  ...(body ? (['too-large', 'unsupported-media'] as const) : []),
]

function refusalsOf(endpoint: Endpoint, { spell }: Described, taken: number): Readonly<Record<string, Answer>> {
  const byStatus: Record<string, Answer> = Object.fromEntries(
    kindsOf(endpoint).map(kind => [statusOf(kind, spell), { $ref: `#/components/responses/${kind}` }]),
  )
  delete byStatus[taken]
  return { ...byStatus, default: { $ref: '#/components/responses/defect' } }
}

const statusOf = (kind: Kind, spell: Spelling) => spell(sample(kind)).status ?? usualStatus[kind]

/** How each kind of refusal looks in this service's dialect. */
const faultsOf = ({ spell }: Described) =>
  Object.fromEntries(
    Object.keys(usualStatus).map(kind => {
      const { body } = spell(sample(kind as Kind))
      const type = typeof body === 'string' ? 'text/plain' : 'application/json'
      return [kind, { description: words[kind as Kind], content: { [type]: { example: body } } }]
    }),
  )

const sample = (kind: Kind): Problem => ({
  kind,
  status: usualStatus[kind],
  message: words[kind],
  code: undefined,
  extra: {},
  retryAfterS: undefined,
  requestId: 'req-00000000-0000-4000-8000-000000000000',
})

const words: Readonly<Record<Kind, string>> = {
  invalid: 'The request is not what is declared here.',
  unauthenticated: 'There is no token, or it is not valid.',
  forbidden: 'The caller may not do this.',
  'not-found': 'What the request is about is not there.',
  'no-route': 'Nothing is served at this address.',
  'not-allowed': 'The method is not served at this address.',
  'no-version': 'The version asked for is not served.',
  conflict: 'The request contradicts what is there.',
  gone: 'What the request is about is no more.',
  stale: 'What the request is about has changed in between.',
  'too-large': 'The body is larger than this service reads.',
  'over-quota': 'A quota does not allow it.',
  'unsupported-media': 'The body is of a type that is not read here.',
  'unsatisfiable-range': 'The range lies outside of the thing.',
  defect: 'An unexpected error prevented the server from fulfilling your request.',
  'not-built': 'This is not built.',
  unavailable: 'The service cannot do this at the moment.',
}

/** The rungs of a ladder that nothing of the service begins or ends at: for the test that refuses a rung without a use. */
export function unusedRungs(
  { versions, endpoints }: Pick<Described, 'versions' | 'endpoints'>,
  otherwiseUsed: readonly string[] = [],
): readonly string[] {
  const used = new Set<string>([versions.first, ...otherwiseUsed])
  for (const { since, until, status, body, query, view } of flat(endpoints)) {
    const windows = [{ from: since, to: until }, ...columns(status)]
    const hung = [...(body?.rungs ?? []), ...(query?.rungs ?? []), ...(view?.rungs ?? [])]
    for (const rung of [...windows.flatMap(({ from, to }) => [from, to]), ...hung]) {
      if (rung === undefined) continue
      used.add(rung)
      // `until` one rung is what the next rung changed.
      const next = versions.order[versions.rank(rung) + 1]
      if (next !== undefined) used.add(next)
    }
  }
  return versions.order.filter(version => !used.has(version))
}
