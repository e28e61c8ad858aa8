import type { FastifyReply } from 'fastify'
import { isUniqueViolation } from '../sql/errors.ts'
import { Refusal } from '../refusal.ts'
import { type Problem, usualStatus } from './problem.ts'
import type { Service } from './service.ts'

/** No endpoint answers at this address. */
export class NoRoute extends Error {
  constructor() {
    super('The resource could not be found.')
  }
}

/** A version that is not on the ladder. */
export class NoVersion extends Error {
  readonly extra: Readonly<Record<string, unknown>>
  constructor(message: string, extra: Readonly<Record<string, unknown>>) {
    super(message)
    this.extra = extra
  }
}

/** Any error as the service spells it. What is not a refusal is a defect: logged whole, answered with a request id and no more. */
export function spell(service: Pick<Service, 'spell' | 'log'>, reply: FastifyReply, error: unknown, requestId: string): unknown {
  const problem = { ...problemOf(error, requestId), version: agreedOn(reply) }
  if (problem.kind === 'defect') service.log.error('a request failed by a defect of ours', { request_id: requestId, error })
  else if (!(error instanceof Refusal) && isUniqueViolation(error))
    service.log.warn('two requests wanted the same unique thing at once', { request_id: requestId, error })
  else if (error instanceof Error && error.cause) service.log.warn(problem.message, { request_id: requestId, error: error.cause })
  const spelled = service.spell(problem)
  reply.code(spelled.status ?? problem.status)
  if (problem.retryAfterS !== undefined) reply.header('retry-after', String(problem.retryAfterS))
  // The rest of a body that was not read to its end would be taken for the next request.
  if (problem.kind === 'too-large') reply.header('connection', 'close')
  for (const [name, value] of Object.entries(spelled.headers ?? {})) reply.header(name, value)
  if (typeof spelled.body === 'string') return reply.send(spelled.body)
  return reply.header('content-type', 'application/json').send(JSON.stringify(spelled.body))
}

/** `placement 1.23` is said in the answer's head before anything can go wrong with the rest. */
function agreedOn(reply: FastifyReply): string | undefined {
  const said = reply.getHeader('openstack-api-version')
  return typeof said === 'string' ? said.split(' ').at(-1) : undefined
}

export function problemOf(error: unknown, requestId: string): Problem {
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
  // Two requests passed the same look for a free name: the database let one of them through, and the other is not a defect.
  if (isUniqueViolation(error)) return make('conflict', 'Another request stored the same at this moment.')
  return ofFramework(error, make) ?? make('defect', 'An unexpected error prevented the server from fulfilling your request.')
}

/** What the HTTP framework refuses before anything of ours is asked. Only its own errors: a status on another one means something else. */
function ofFramework(error: unknown, make: (kind: Problem['kind'], message: string) => Problem): Problem | undefined {
  const { code, statusCode } = (error ?? {}) as { code?: unknown; statusCode?: unknown }
  if (typeof code !== 'string' || !code.startsWith('FST_ERR_')) return undefined
  if (statusCode === 413) return make('too-large', 'Request is too large.')
  if (statusCode === 415) return make('unsupported-media', 'The Content-Type header cannot be read.')
  if (statusCode === 404 || statusCode === 414) return make('no-route', new NoRoute().message)
  if (statusCode === 400) return make('invalid', 'The request’s URL or body cannot be read.')
  return undefined
}
