import type { FastifyReply, FastifyRequest } from 'fastify'
import { Refusal } from '../refusal.ts'
import { baseOf } from './own-address.ts'
import { serve } from './handle.ts'
import { rungBelow } from './microversion.ts'
import { openApi } from './openapi.ts'
import type { Service } from './service.ts'

const documents = new WeakMap<Service, Map<string, object>>()

/**
 * `GET /openapi.json?microversion=2.79`: the service as one version of its API sees it, the latest unless told. Open to all: it says what
 * the source code says.
 */
export const describe = (service: Service, request: FastifyRequest, reply: FastifyReply): Promise<unknown> =>
  serve(service, request, reply, async way => {
    way.route = '/openapi.json'
    const asked = [(request.query as Record<string, string | string[]>)['microversion']].flat().at(-1) ?? 'latest'
    const version = asked === 'latest' ? service.versions.latest : asked
    const rung = rungBelow(service.versions, version)
    if (rung === undefined)
      throw new Refusal(
        'invalid',
        `There is no version ${asked.slice(0, 40)}: ${service.versions.first} to ${service.versions.latest} are served.`,
      )
    const document = { ...documentOf(service, rung), servers: [{ url: baseOf(service, request.raw) }] }
    return reply.header('content-type', 'application/json').send(JSON.stringify(document))
  })

function documentOf(service: Service, version: string): object {
  const known = documents.get(service) ?? new Map<string, object>()
  documents.set(service, known)
  const document = known.get(version) ?? openApi({ ...service, title: service.title ?? service.name }, version)
  known.set(version, document)
  return document
}
