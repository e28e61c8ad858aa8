import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Cause } from '../cause.ts'
import type { Chance } from '../chance.ts'
import type { Clock } from '../clock.ts'
import type { Ladder, Span } from '../ladder.ts'
import { isSpan } from '../ladder.ts'
import type { Caller } from '../policy/caller.ts'
import type { Policy } from '../policy/policy.ts'
import { Refusal } from '../refusal.ts'
import type { Endpoint, Method } from './endpoint.ts'
import { handle, NoRoute, spell } from './handle.ts'
import type { Microversions } from './microversion.ts'
import type { Spelling } from './problem.ts'

/** What the door writes to the log; `platform/log` satisfies it. */
export interface DoorLog {
  info(message: string, fields?: object): void
  warn(message: string, fields?: object): void
  error(message: string, fields?: object): void
}

/** What a caller shows at the door. */
export interface Knock {
  readonly method: string
  /** Without the query. */
  readonly path: string
  /** `X-Auth-Token`. */
  readonly token: string | undefined
  readonly requestId: string
}

/** One finished request, for the access log, the trace and the metrics. */
export interface Served {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly route: string
  readonly cause: Cause
  readonly ms: number
}

/** Everything a service's door is made of. */
export interface Service {
  /** The daemon's name in logs and metrics: `keystone`, `nova-api`. */
  readonly name: string
  readonly versions: Ladder
  readonly microversions: Microversions | undefined
  readonly endpoints: readonly (Endpoint | Span<Endpoint>)[]
  readonly spell: Spelling
  readonly policy: Policy
  /** The caller a request's token stands for; `undefined` without one; a refusal for a bad one. */
  authenticate(knock: Knock): Promise<Caller | undefined>
  readonly clock: Clock
  readonly chance: Chance
  readonly log: DoorLog
  /** Further names under which clients look for the request id: `x-compute-request-id`. */
  readonly requestIdHeaders: readonly string[]
  /** Believe `X-Forwarded-*`: only behind a proxy that sets them. */
  readonly trustProxy: boolean
  /** Bytes of a body that is not a stream. */
  readonly bodyLimit: number
  onServed(served: Served): void
}

const methods: readonly Method[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** The service as something that answers requests: mounted on ports by the listener, or asked directly by tests (`inject`). */
export async function openDoor(service: Service): Promise<FastifyInstance> {
  const app = Fastify({
    bodyLimit: service.bodyLimit,
    requestTimeout: 0,
    keepAliveTimeout: 75_000,
    forceCloseConnections: 'idle',
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1024 },
    genReqId: () => '',
  })
  readBodies(app)
  const byPath = new Map<string, Map<Method, Endpoint[]>>()
  for (const one of service.endpoints) {
    const endpoint = isSpan(one) ? { ...(one.what as Endpoint), since: one.from, until: one.to } : (one as Endpoint)
    const path = endpoint.path.replaceAll(/\{(\w+)\}/g, ':$1')
    const byMethod = byPath.get(path) ?? new Map<Method, Endpoint[]>()
    byPath.set(path, byMethod.set(endpoint.method, [...(byMethod.get(endpoint.method) ?? []), endpoint]))
  }
  for (const [path, byMethod] of byPath) {
    for (const [method, group] of byMethod)
      app.route({ method, url: path, handler: (request, reply) => handle(service, group, request, reply) })
    const missing = methods.filter(method => !byMethod.has(method))
    if (missing.length > 0)
      app.route({ method: missing, url: path, handler: (_, reply) => refuseMethod(service, reply, [...byMethod.keys()]) })
  }
  app.setNotFoundHandler((_, reply) => refuse(service, reply, new NoRoute('The resource could not be found.')))
  app.setErrorHandler((error, _, reply) => refuse(service, reply, error))
  await app.ready()
  return app
}

const refuseMethod = (service: Service, reply: FastifyReply, allowed: readonly Method[]) => {
  reply.header('allow', allowed.join(', '))
  return refuse(service, reply, new Refusal('not-allowed', 'The method is not allowed for the requested URL.'))
}

function refuse(service: Service, reply: FastifyReply, error: unknown) {
  const requestId = `req-${service.chance.uuid()}`
  reply.header('x-openstack-request-id', requestId)
  return spell(service, reply, error, requestId)
}

/** Clients send `Content-Type: application/json` with no body, and image bytes with any type or none: neither is an error here. */
function readBodies(app: FastifyInstance) {
  const readJson = (_: unknown, body: string | Buffer, done: (error: Error | null, value?: unknown) => void) => {
    if (body.length === 0) return done(null, undefined)
    try {
      done(null, JSON.parse(body.toString()))
    } catch {
      done(new Refusal('invalid', 'Malformed request body: it is not valid JSON.'))
    }
  }
  app.removeContentTypeParser(['application/json', 'text/plain'])
  app.addContentTypeParser(/^application\/([\w.-]+\+)?json/, { parseAs: 'buffer' }, readJson)
  app.addContentTypeParser('*', (_, payload, done) => done(null, payload))
}
