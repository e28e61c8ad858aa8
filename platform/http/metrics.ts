import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client'
import type { Served } from './service.ts'

export interface DoorMetrics {
  count(service: string, served: Served): void
  text(): Promise<string>
}

/** Requests by service, route and status, and how long they took; one registry for all doors of a process. */
export function doorMetrics(): DoorMetrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const labelNames = ['service', 'method', 'route', 'status'] as const
  const requests = new Counter({ name: 'kilonova_http_requests_total', help: 'Requests answered', labelNames, registers: [registry] })
  const seconds = new Histogram({
    name: 'kilonova_http_request_seconds',
    help: 'Time from the request to its answer',
    labelNames: ['service', 'method'],
    buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10],
    registers: [registry],
  })
  return {
    count(service, { request, reply, route, ms }) {
      requests.inc({ service, method: request.method, route, status: String(reply.statusCode) })
      seconds.observe({ service, method: request.method }, ms / 1000)
    },
    text: () => registry.metrics(),
  }
}

/** The access line of a request, which is also its first hop in a trace. Never the query's values: they may hold secrets. */
export const accessLine = ({ request, reply, cause, ms }: Served) =>
  [
    `${request.method} ${request.url.split('?')[0]} ${reply.statusCode}`,
    {
      hop: 'http.request',
      request_id: cause.requestId,
      ...(cause.globalRequestId === undefined ? {} : { global_request_id: cause.globalRequestId }),
      ...(cause.userId === undefined ? {} : { user_id: cause.userId }),
      ...(cause.projectId === undefined ? {} : { project_id: cause.projectId }),
      status: reply.statusCode,
      ms: Math.round(ms * 1000) / 1000,
    },
  ] as const
