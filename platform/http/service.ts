import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Cause } from '../cause.ts'
import type { Chance } from '../chance.ts'
import type { Clock } from '../clock.ts'
import type { Ladder, Span } from '../ladder.ts'
import type { Caller } from '../policy/caller.ts'
import type { Policy } from '../policy/policy.ts'
import { Refusal } from '../refusal.ts'
import { allowOrigins, type Cors } from './cors.ts'
import { describe } from './describe.ts'
import type { Endpoint, Method } from './endpoint.ts'
import { handle, refuse } from './handle.ts'
import type { Microversions } from './microversion.ts'
import { flat } from './openapi.ts'
import type { Spelling } from './problem.ts'
import { NoRoute } from './spell.ts'

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
  /** `X-Service-Token`: of the service that hands the user’s request on. */
  readonly serviceToken?: string | undefined
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
  /** What `GET /openapi.json` calls the service; its name unless told. */
  readonly title?: string | undefined
  /** Which pages of other origins may call from a browser; none unless told. */
  readonly cors?: Cors | undefined
  /**
   * What a caller hears of a thing of others which they might use if it were theirs: `forbidden` (Keystone; the default), or that it is not
   * there (`absent`: Nova, Neutron, Cinder, Glance). With `absent` an id that is unknown sounds just like one of others.
   */
  readonly foreign?: 'forbidden' | 'absent' | undefined
  onServed(served: Served): void
}

/** All that a declared path can refuse by name; what is not among them is an address that is not there. */
const methods: readonly Method[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

/** The service as something that answers requests: mounted on ports by the listener, or asked directly by tests (`inject`). */
export async function openDoor(service: Service): Promise<FastifyInstance> {
  const app = Fastify({
    bodyLimit: service.bodyLimit,
    requestTimeout: 0,
    keepAliveTimeout: 75_000,
    forceCloseConnections: 'idle',
    exposeHeadRoutes: false,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1024 },
    genReqId: () => '',
    // A URL that cannot be read, for one. Its `any`s: the framework's own generics.
    frameworkErrors: (error, request, reply) => void refuse(service, request as FastifyRequest, reply as FastifyReply, error),
  })
  app.addHttpMethod('COPY')
  // Bodies are read in `handle`, after the caller is known.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_, payload, done) => done(null, payload))
  if (service.cors) await allowOrigins(app, service.cors)
  for (const [path, byMethod] of groupsOf(service)) mount(app, service, path, byMethod)
  const openApiPath = '/openapi.json'
  if (!app.hasRoute({ method: 'GET', url: openApiPath }))
    app.route({ method: ['GET', 'HEAD'], url: openApiPath, handler: (request, reply) => describe(service, request, reply) })
  app.setNotFoundHandler((request, reply) => refuse(service, request, reply, new NoRoute()))
  app.setErrorHandler((error, request, reply) => refuse(service, request, reply, error))
  await app.ready()
  return app
}

type Groups = ReadonlyMap<Method, readonly Endpoint[]>

function groupsOf({ endpoints }: Service): ReadonlyMap<string, Groups> {
  const byPath = Map.groupBy(flat(endpoints), ({ path }) => path.replaceAll(/\{(\w+)\}/g, ':$1'))
  return new Map([...byPath].map(([path, group]) => [path, Map.groupBy(group, ({ method }) => method)]))
}

function mount(app: FastifyInstance, service: Service, url: string, groups: Groups) {
  for (const [method, group] of groups)
    app.route({
      method: method === 'GET' && !groups.has('HEAD') ? ['GET', 'HEAD'] : method,
      url,
      handler: (request, reply) => handle(service, group, request, reply),
    })
  const allowed = methods.filter(method => groups.has(method) || (method === 'HEAD' && groups.has('GET')))
  const missing = methods.filter(method => !allowed.includes(method))
  if (missing.length > 0)
    app.route({
      method: missing,
      url,
      handler: (request, reply) => {
        reply.header('allow', [...new Set([...allowed, ...groups.keys()])].join(', '))
        return refuse(service, request, reply, new Refusal('not-allowed', 'The method is not allowed for the requested URL.'))
      },
    })
}
