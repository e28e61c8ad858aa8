import { optional, required } from '@kilonova/platform/http/fields.ts'
import { dictionary, flag, integer, list, maybe, nullable, object, oneOf, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { body, endpoint, view } from '../versions.ts'
import type { Traced, TraceLogic } from './logic.ts'
import { type Hop, protocolNames } from './trace/trace.ts'

// biome-ignore format: a table of fields
const traceBody = body('trace', {
  from:     required(text({ min: 1, max: 255 })),
  to:       required(text({ min: 1, max: 255 })),
  protocol: optional(oneOf('tcp', 'udp', 'icmp')),
  port:     optional(integer({ min: 1, max: 65_535 })),
  version:  optional(oneOf(4, 6)),
  probe:    optional(flag),
  // What servers are called: by their ids.
  names:    optional(dictionary(text({ max: 255 }))),
})

const packet = object({ protocol: text(), source: text(), destination: text(), port: nullable(integer()) })
const hop = object({
  ...{ where: text(), host: nullable(text()), what: text(), mark: oneOf('ok', 'stop', 'warning', 'unknown'), says: text() },
  ...{ remedy: maybe(text()), repaired_by: maybe(oneOf('agent', 'hypervisor', 'operator')), larger_than: maybe(integer()) },
})
const probe = object({ says: text(), answered: flag, remedy: maybe(text()) })

const shown = shows<Traced>()
// biome-ignore format: a table of fields
const traceView = view('trace', {
  from:       shown(text(), trace => trace.from),
  to:         shown(text(), trace => trace.to),
  packet:     shown(packet, trace => ({ ...trace.packet, protocol: protocolNames[trace.packet.protocol] ?? String(trace.packet.protocol), port: trace.packet.port ?? null })),
  arrives:    shown(nullable(flag), trace => trace.arrives ?? null),
  conclusion: shown(text(), trace => trace.conclusion),
  hops:       shown(list(hop), trace => trace.hops.map(hopOf)),
  probes:     shown(list(probe), trace => trace.probes.map(({ says, answered, remedy }) => ({ says, answered, ...(remedy === undefined ? {} : { remedy }) }))),
})

const hopOf = ({ where, host, what, mark, says, remedy, repairedBy, largerThan }: Hop) => ({
  ...{ where, host: host ?? null, what, mark, says },
  ...(remedy === undefined ? {} : { remedy }),
  ...(repairedBy === undefined ? {} : { repaired_by: repairedBy }),
  ...(largerThan === undefined ? {} : { larger_than: largerThan }),
})

/** Where packets get to, and why no further. It tells of hosts and of everybody's networks, so it is for administrators. */
export const traceApi = (traces: TraceLogic) => [
  endpoint('POST /v2.0/traces', {
    summary: 'Follow a packet and say where it stops',
    policy: 'network:trace',
    body: traceBody,
    status: 200,
    view: traceView,
    run: ({ body: { probe: isProbed, ...question }, cause }) => traces.trace({ ...question, isProbed: isProbed === true }, cause),
  }),
]
