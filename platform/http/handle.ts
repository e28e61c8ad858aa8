import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Cause } from '../cause.ts'
import { at, type Varying } from '../ladder.ts'
import type { Caller } from '../policy/caller.ts'
import { Refusal } from '../refusal.ts'
import { Answer, type Asked, type Door, type Endpoint, isOpen } from './endpoint.ts'
import { echoedVersion, chosenVersion } from './microversion.ts'
import { type Problem, usualStatus } from './problem.ts'
import { readQuery } from './read-query.ts'
import type { Service } from './service.ts'
import { type Validator, validator } from './validate.ts'

/**
 * One request from the door to the answer: version, caller, fields, policy, work, view. Every way out that is not an answer is a
 * `Problem` in the service's own spelling; no handler catches.
 *
 * Policy speaks before validation complains: a caller who would be refused anyway learns nothing about the body's faults, and a thing
 * that is not there is `forbidden` to those who may not ask and `not-found` to those who may.
 */
export async function handle(service: Service, group: readonly Endpoint[], request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const began = service.clock.monotonic()
  const requestId = `req-${service.chance.uuid()}`
  const { headers } = request
  reply.header('x-openstack-request-id', requestId)
  for (const name of service.requestIdHeaders) reply.header(name, requestId)
  let caller: Caller | undefined
  let endpoint: Endpoint | undefined
  const cause = (): Cause => ({
    requestId,
    globalRequestId: globalRequestId(headers['x-openstack-request-id']),
    userId: caller?.userId,
    projectId: caller?.projectId,
    domainId: caller?.domainId,
    why: `${request.method} ${endpoint?.path ?? request.routeOptions.url ?? ''}`,
  })
  try {
    const version = versionOf(service, request, reply)
    endpoint = choose(service, group, version, request)
    caller = await service.authenticate({
      method: request.method,
      path: request.url.split('?')[0] ?? '/',
      token: first(headers['x-auth-token']),
      requestId,
    })
    if (!caller && !isOpen(endpoint.policy)) throw new Refusal('unauthenticated', 'The request you have made requires authentication.')
    const asked = ask(service, endpoint, request, { version, caller, cause: cause() })
    const { about, wrong } = await decide(service, endpoint, asked, request)
    if (wrong) throw wrong
    const may = (policy: string, target: Readonly<Record<string, unknown>> = {}) =>
      caller !== undefined && service.policy.check(policy, caller, target)
    const result = await endpoint.run({ ...asked, about, may })
    return write(service, endpoint, reply, result, { version, base: asked.base, self: selfOf(asked.base, asked.door.url) })
  } catch (error) {
    return spell(service, reply, error, requestId)
  } finally {
    const ms = service.clock.monotonic() - began
    service.onServed({ request, reply, route: endpoint?.path ?? 'none', cause: cause(), ms })
  }
}

function versionOf(service: Service, request: FastifyRequest, reply: FastifyReply): string {
  const { versions, microversions } = service
  if (!microversions) return versions.latest
  const names = ['OpenStack-API-Version', ...(microversions.legacyHeader ? [microversions.legacyHeader] : [])]
  reply.header('vary', names.join(', '))
  const chosen = chosenVersion(versions, microversions, request.headers)
  if ('wrong' in chosen) {
    if (chosen.malformed)
      throw new Refusal('invalid', `API Version String ${chosen.wrong} is of invalid format. Must be of format MajorNum.MinorNum.`)
    throw new NoVersion(
      `Version ${chosen.wrong} is not supported by the API. Minimum is ${versions.first} and maximum is ${versions.latest}.`,
      { min_version: versions.first, max_version: versions.latest },
    )
  }
  const echo = echoedVersion(versions, microversions, request.headers)
  reply.header('openstack-api-version', `${microversions.service} ${echo}`)
  if (microversions.legacyHeader) reply.header(microversions.legacyHeader.toLowerCase(), echo)
  return chosen.version
}

class NoVersion extends Error {
  readonly extra: Readonly<Record<string, unknown>>
  constructor(message: string, extra: Readonly<Record<string, unknown>>) {
    super(message)
    this.extra = extra
  }
}

export class NoRoute extends Error {}

function choose(service: Service, group: readonly Endpoint[], version: string, request: FastifyRequest): Endpoint {
  const seen = group.filter(one => service.versions.sees(version, { from: one.since, to: one.until, what: undefined }))
  if (seen.length === 0) throw new NoRoute('The resource could not be found.')
  const plain = seen.find(one => one.action === undefined)
  if (plain) return plain
  const { body } = request
  const keys = typeof body === 'object' && body !== null ? Object.keys(body) : []
  const named = seen.find(one => one.action !== undefined && keys.includes(one.action))
  if (!named) throw new Refusal('invalid', `There is no such action: ${keys.join(', ').slice(0, 100)}`)
  return named
}

function ask(
  service: Service,
  endpoint: Endpoint,
  request: FastifyRequest,
  known: { version: string; caller: Caller | undefined; cause: Cause },
): Asked {
  const base = baseOf(service, request)
  const root = endpoint.body?.root
  return {
    ...known,
    params: request.params as Record<string, string>,
    // Unwrapped here, checked in `decide`: policy may need to look at it before it is known to be right.
    body: root == null ? request.body : (request.body as Record<string, unknown> | undefined)?.[root],
    query: endpoint.query ? readQuery(endpoint.query.schema(known.version), request.query as Record<string, string | string[]>) : undefined,
    base,
    door: doorOf(request, endpoint.streams),
    at: <T>(varying: Varying<T>) => at(service.versions, known.version, varying),
  }
}

/** Validation, lookup and policy; `wrong` is what the caller is told when policy lets them hear it. */
async function decide(
  service: Service,
  endpoint: Endpoint,
  asked: Asked,
  request: FastifyRequest,
): Promise<{ about: unknown; wrong?: unknown }> {
  const checks = checksOf(service, endpoint, asked.version)
  let about: unknown
  let target: Readonly<Record<string, unknown>> = {}
  let wrong: unknown
  try {
    if (endpoint.body && !endpoint.streams) checks.body(request.body)
    checks.query?.(asked.query)
    about = await endpoint.about?.(asked)
    target = endpoint.target?.({ ...asked, about }) ?? {}
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    wrong = error
  }
  const { policy } = endpoint
  if (!isOpen(policy) && (asked.caller === undefined || !service.policy.check(policy, asked.caller, target)))
    throw new Refusal('forbidden', `You are not authorized to perform the requested action: ${policy}.`, { extra: { policy } })
  return { about, wrong }
}

interface Checks {
  readonly body: Validator
  readonly query: Validator | undefined
}
const compiled = new WeakMap<Endpoint, Map<string, Checks>>()

function checksOf(_service: Service, endpoint: Endpoint, version: string): Checks {
  let byVersion = compiled.get(endpoint)
  if (!byVersion) {
    byVersion = new Map()
    compiled.set(endpoint, byVersion)
  }
  let checks = byVersion.get(version)
  if (!checks) {
    const { body, query } = endpoint
    checks = {
      body: validator(() => body?.schema(version) ?? {}, 'body'),
      query: query ? validator(() => query.schema(version), 'query') : undefined,
    }
    byVersion.set(version, checks)
  }
  return checks
}

function write(
  service: Service,
  endpoint: Endpoint,
  reply: FastifyReply,
  outcome: unknown,
  showing: { version: string; base: string; self: string },
): unknown {
  const given = outcome instanceof Answer ? outcome : new Answer({ result: outcome })
  const status = given.status ?? at(service.versions, showing.version, endpoint.status) ?? 200
  reply.code(status)
  for (const [name, value] of Object.entries(given.headers)) reply.header(name, value)
  if (given.stream !== undefined) return reply.send(given.stream)
  if (!endpoint.view || status === 204 || given.result === undefined) return reply.send()
  const body = endpoint.view.render(given.result as never, showing)
  return reply.header('content-type', 'application/json').send(JSON.stringify(body))
}

/** Any error as the service spells it. What is not a refusal is a defect: logged whole, answered with a request id and no more. */
export function spell(service: Service, reply: FastifyReply, error: unknown, requestId: string): unknown {
  const problem = problemOf(error, requestId)
  if (problem.kind === 'defect') service.log.error('a request failed by a defect of ours', { request_id: requestId, error })
  else if (error instanceof Error && error.cause) service.log.warn(problem.message, { request_id: requestId, error: error.cause })
  const spelled = service.spell(problem)
  reply.code(spelled.status ?? problem.status)
  if (problem.retryAfterS !== undefined) reply.header('retry-after', String(problem.retryAfterS))
  for (const [name, value] of Object.entries(spelled.headers ?? {})) reply.header(name, value)
  if (typeof spelled.body === 'string') return reply.send(spelled.body)
  return reply.header('content-type', 'application/json').send(JSON.stringify(spelled.body))
}

function problemOf(error: unknown, requestId: string): Problem {
  const make = (kind: Problem['kind'], message: string, more: Partial<Problem> = {}): Problem => ({
    kind,
    status: usualStatus[kind],
    message,
    code: undefined,
    extra: {},
    retryAfterS: undefined,
    requestId,
    ...more,
  })
  if (error instanceof Refusal)
    return make(error.kind, error.message, { code: error.code, extra: error.extra, retryAfterS: error.retryAfterS })
  if (error instanceof NoRoute) return make('no-route', error.message)
  if (error instanceof NoVersion) return make('no-version', error.message, { extra: error.extra })
  const status = (error as { statusCode?: unknown } | null)?.statusCode
  if (status === 413) return make('too-large', 'Request is too large.')
  if (status === 415) return make('unsupported-media', 'This media type is not supported.')
  if (status === 400) return make('invalid', 'Malformed request body')
  return make('defect', 'An unexpected error prevented the server from fulfilling your request.')
}

/** The service's root as the client sees it: through a proxy when its headers are trusted, below a prefix in one-port mode. */
export function baseOf(service: Service, request: { raw: IncomingMessage; headers: FastifyRequest['headers'] }): string {
  const { headers, raw } = request
  const trusted = service.trustProxy
  const scheme = (trusted && first(headers['x-forwarded-proto'])) || ('encrypted' in raw.socket ? 'https' : 'http')
  const host = (trusted && first(headers['x-forwarded-host'])) || headers.host || `${raw.socket.localAddress}:${raw.socket.localPort}`
  const prefix = `${(trusted && first(headers['x-forwarded-prefix'])) || ''}${mountPrefix(raw)}`
  return `${scheme}://${host}${prefix}`
}

const first = (value: string | string[] | undefined) => [value].flat()[0]?.split(',')[0]?.trim()

const prefixes = new WeakMap<IncomingMessage, string>()
/** Remembers below which path a request's service is mounted, for the links it writes. */
export const mountBelow = (raw: IncomingMessage, prefix: string) => prefixes.set(raw, prefix)
const mountPrefix = (raw: IncomingMessage) => prefixes.get(raw) ?? ''

const selfOf = (base: string, url: string) => `${base}${url}`

function doorOf(request: FastifyRequest, streams: boolean): Door {
  let gone: AbortController | undefined
  return {
    headers: request.headers,
    remoteAddress: request.raw.socket.remoteAddress ?? '',
    url: request.url,
    get stream() {
      return streams && request.body instanceof Readable ? request.body : Readable.from([])
    },
    // Made on demand: most requests are over before anybody could wait for their end.
    get signal() {
      if (!gone) {
        const ending = new AbortController()
        request.raw.socket.once('close', () => ending.abort(new Error('the client went away')))
        gone = ending
      }
      return gone.signal
    },
  }
}

const globalRequestId = (value: string | string[] | undefined) => {
  const id = first(value)
  return id !== undefined && /^req-[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(id) ? id : undefined
}
