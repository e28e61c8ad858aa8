import type { OutgoingHttpHeaders } from 'node:http'
import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Cause } from '../cause.ts'
import { at, type Varying } from '../ladder.ts'
import type { Caller } from '../policy/caller.ts'
import { Refusal } from '../refusal.ts'
import { baseOf, first, mountingOf } from './own-address.ts'
import { decide } from './decide.ts'
import { Answer, type Asked, type Door, type Endpoint, isOpen } from './endpoint.ts'
import { agreedVersion } from './microversion.ts'
import { isStorableText, type ReadBody, readBody } from './read-body.ts'
import { readQuery } from './read-query.ts'
import type { Service } from './service.ts'
import { NoRoute, NoVersion, spell } from './spell.ts'

/** One request on its way: what the access log and the change log will say of it grows as more is known. */
interface Way {
  readonly requestId: string
  /** The endpoint's path once it is known, for metrics: a label must not be what a stranger typed. */
  route: string
  caller: Caller | undefined
}

/** One request from the door to the answer: version, caller, fields, policy, work, view. No handler catches. */
export const handle = (service: Service, group: readonly Endpoint[], request: FastifyRequest, reply: FastifyReply): Promise<unknown> =>
  serve(service, request, reply, async way => {
    way.route = group[0]?.path ?? way.route
    const version = versionOf(service, request, reply)
    way.caller = await callerOf(service, group, request, way.requestId)
    const body: ReadBody = isRead(group, request) ? await readBody(request.raw, service.bodyLimit) : { value: undefined }
    const endpoint = choose(service, group, version, body)
    if (!way.caller && !isOpen(endpoint.policy)) throw unauthenticated()
    const asked = ask(service, endpoint, { request, reply, body, version, caller: way.caller, cause: causeOf(way, request) })
    const { about, wrong } = await decide(service, endpoint, asked, body)
    if (wrong) throw wrong
    const outcome = await endpoint.run({ ...asked, about })
    return write(service, endpoint, { request, reply }, outcome, { version, base: asked.base, self: `${asked.base}${asked.door.url}` })
  })

/** A request that no endpoint answers, or that cannot be read: with ids, spelled and logged like every other. */
export const refuse = (service: Service, request: FastifyRequest, reply: FastifyReply, error: unknown): Promise<unknown> =>
  serve(service, request, reply, async () => {
    throw error
  })

/** Every way out that is not an answer is a `Problem` in the service's own spelling. */
export async function serve(
  service: Service,
  request: FastifyRequest,
  reply: FastifyReply,
  work: (way: Way) => Promise<unknown>,
): Promise<unknown> {
  const began = service.clock.monotonic()
  const way: Way = { requestId: `req-${service.chance.uuid()}`, route: 'none', caller: undefined }
  reply.header('x-openstack-request-id', way.requestId)
  for (const name of service.requestIdHeaders) reply.header(name, way.requestId)
  try {
    return await work(way)
  } catch (error) {
    return spell(service, reply, error, way.requestId)
  } finally {
    const ms = service.clock.monotonic() - began
    service.onServed({ request, reply, route: way.route, cause: causeOf(way, request), ms })
  }
}

const causeOf = ({ requestId, route, caller }: Way, { headers, method }: FastifyRequest): Cause => ({
  requestId,
  globalRequestId: globalRequestId(headers['x-openstack-request-id']),
  userId: caller?.userId,
  projectId: caller?.projectId,
  domainId: caller?.domainId,
  why: `${method} ${route}`,
})

const globalRequestId = (value: string | string[] | undefined) => {
  const id = first(value)
  return id !== undefined && /^req-[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(id) ? id : undefined
}

function versionOf(service: Service, request: FastifyRequest, reply: FastifyReply): string {
  const { versions, microversions } = service
  if (!microversions) return versions.latest
  const { service: word, legacyHeader } = microversions
  reply.header('vary', ['OpenStack-API-Version', ...(legacyHeader ? [legacyHeader] : [])].join(', '))
  const { chosen, echo } = agreedVersion(versions, microversions, request.headers)
  if ('wrong' in chosen) {
    if (chosen.malformed)
      throw new Refusal('invalid', `API Version String ${chosen.wrong} is of invalid format. Must be of format MajorNum.MinorNum.`)
    reply.header('openstack-api-minimum-version', `${word} ${versions.first}`)
    reply.header('openstack-api-maximum-version', `${word} ${versions.latest}`)
    throw new NoVersion(
      `Version ${chosen.wrong} is not supported by the API. Minimum is ${versions.first} and maximum is ${versions.latest}.`,
      { min_version: versions.first, max_version: versions.latest },
    )
  }
  reply.header('openstack-api-version', `${word} ${echo}`)
  if (legacyHeader) reply.header(legacyHeader.toLowerCase(), echo)
  return chosen.version
}

const unauthenticated = () => new Refusal('unauthenticated', 'The request you have made requires authentication.')

/** Who is asking. Where nobody needs a token a bad one is no fault: clients send their old one along when they look for a new one. */
async function callerOf(
  service: Service,
  group: readonly Endpoint[],
  request: FastifyRequest,
  requestId: string,
): Promise<Caller | undefined> {
  const { method, headers, url } = request
  const isForAll = group.every(one => isOpen(one.policy))
  const knock = {
    method,
    path: url.split('?')[0] ?? '/',
    token: first(headers['x-auth-token']),
    serviceToken: first(headers['x-service-token']),
    requestId,
  }
  const caller = await service.authenticate(knock).catch((error: unknown) => {
    if (isForAll && error instanceof Refusal && error.kind === 'unauthenticated') return undefined
    throw error
  })
  if (!caller && !group.some(one => isOpen(one.policy))) throw unauthenticated()
  return caller
}

const isRead = (group: readonly Endpoint[], { method }: FastifyRequest) =>
  method !== 'GET' && method !== 'HEAD' && !group.some(one => one.streams)

function choose(service: Service, group: readonly Endpoint[], version: string, body: ReadBody): Endpoint {
  const seen = group.filter(one => service.versions.sees(version, { from: one.since, to: one.until, what: undefined }))
  if (seen.length === 0) throw new NoRoute()
  const plain = seen.find(one => one.action === undefined)
  if (plain) return plain
  if ('wrong' in body) throw body.wrong
  const { value } = body
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : []
  const isNamed = ({ action }: Endpoint) => action !== undefined && keys.includes(action)
  const named = seen.find(isNamed)
  // One that another version knows is a route that this version has not.
  if (!named && group.some(isNamed)) throw new NoRoute()
  if (!named) throw new Refusal('invalid', `There is no such action: ${keys.join(', ').slice(0, 100)}`)
  return named
}

interface Known {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly body: ReadBody
  readonly version: string
  readonly caller: Caller | undefined
  readonly cause: Cause
}

function ask(service: Service, endpoint: Endpoint, { request, reply, body, version, caller, cause }: Known): Asked {
  const params = request.params as Record<string, string>
  if (!Object.values(params).every(isStorableText)) throw new NoRoute()
  const value = 'value' in body ? body.value : undefined
  const root = endpoint.body?.root
  return {
    version,
    caller,
    cause,
    params,
    // Unwrapped here, checked in `decide`: policy may need to look at it before it is known to be right.
    body: root == null ? value : memberOf(value, root),
    query: endpoint.query && readQuery(endpoint.query.schema(version), request.query as Sent, endpoint.query.names),
    base: baseOf(service, request.raw),
    door: doorOf(request, reply, endpoint.streams),
    at: <T>(varying: Varying<T>) => at(service.versions, version, varying),
    may: (policy, target = {}) => caller !== undefined && service.policy.check(policy, caller, target),
  }
}

type Sent = Readonly<Record<string, string | string[]>>

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined

function doorOf({ raw, headers, url }: FastifyRequest, reply: FastifyReply, streams: boolean): Door {
  let gone: AbortController | undefined
  return {
    headers,
    remoteAddress: raw.socket.remoteAddress ?? '',
    url,
    get stream() {
      return streams ? raw : Readable.from([])
    },
    closing: mountingOf(raw).closing,
    // Made on demand: most requests are over before anybody could wait for their end.
    get signal() {
      if (!gone) {
        const ending = new AbortController()
        reply.raw.once('close', () => ending.abort(new Error('the client went away')))
        gone = ending
      }
      return gone.signal
    },
  }
}

function write(
  service: Service,
  endpoint: Endpoint,
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  outcome: unknown,
  showing: { version: string; base: string; self: string },
): unknown {
  const given = outcome instanceof Answer ? outcome : new Answer({ result: outcome })
  const status = given.status ?? at(service.versions, showing.version, endpoint.status) ?? 200
  reply.code(status)
  for (const [name, value] of Object.entries(given.headers)) reply.header(name, value)
  const { stream } = given
  if (stream instanceof Readable && request.method === 'HEAD') {
    stream.destroy()
    return reply.send()
  }
  if (stream !== undefined) return reply.send(stream)
  if (!endpoint.view || status === 204 || given.result === undefined) return reply.send()
  const { view } = endpoint
  const text = view.text?.(given.result as never, showing) ?? JSON.stringify(view.render(given.result as never, showing))
  return sendJson(request, reply, text)
}

/**
 * Straight to node's own answer, past the framework's, which would look through the text and the headers once more. A text of nothing but ASCII, as most
 * are, is sent as it lies in memory.
 */
function sendJson({ method }: FastifyRequest, reply: FastifyReply, text: string): FastifyReply {
  const length = Buffer.byteLength(text)
  const { raw } = reply
  const headers = { ...reply.getHeaders(), 'content-type': 'application/json', 'content-length': length } as OutgoingHttpHeaders
  raw.writeHead(raw.statusCode, headers)
  reply.hijack()
  raw.end(method === 'HEAD' ? undefined : text, length === text.length ? 'latin1' : 'utf8')
  return reply
}
