import type { AsyncMessage, Envelope } from 'rabbitmq-client'
import type { Cause } from '../../cause.ts'
import type { Outcome, Parcel } from '../parcel.ts'

/** Shared names; operators see them in `rabbitmqctl list_queues`. */
export const announcements = 'kilonova.announcements'
export const parkedQueue = 'kilonova.parked'

/** Every queue that keeps something for us is a quorum queue: replicated in a cluster, on disk before it is confirmed. */
export const quorum = { durable: true, arguments: { 'x-queue-type': 'quorum' } } as const

/** A parcel as AMQP carries it: what it is and who wanted it in headers, for operators to read; the body is the body's JSON. */
export function envelopeOf({ id, verb, name, version, cause, expiresAt }: Parcel): Envelope {
  return {
    messageId: id,
    correlationId: id,
    type: name,
    durable: verb === 'tell',
    // NOTE: with the bare name the library would parse the body itself.
    contentType: 'application/json; charset=utf-8',
    headers: { verb, version, cause: JSON.stringify(cause), request_id: cause.requestId, ...(expiresAt ? { expires_at: expiresAt } : {}) },
  }
}

/** Throws when it is not one of ours. */
export function parcelOf(message: AsyncMessage): Parcel {
  const { messageId, type, headers = {} } = message
  if (!messageId || !type || !isVerb(headers['verb']) || typeof headers['cause'] !== 'string') throw new Error('not a message of ours')
  const expiresAt = headers['expires_at']
  return {
    id: messageId,
    verb: headers['verb'],
    name: type,
    version: Number(headers['version']),
    cause: JSON.parse(headers['cause']) as Cause,
    body: textOf(message.body),
    expiresAt: typeof expiresAt === 'number' ? expiresAt : undefined,
  }
}

export function attemptOf({ headers }: AsyncMessage): number {
  return 1 + Number(headers?.['x-delivery-count'] ?? 0)
}

export function packOutcome(outcome: Outcome): Buffer {
  return Buffer.from(JSON.stringify(outcome))
}

export function outcomeIn(message: AsyncMessage): Outcome {
  return JSON.parse(textOf(message.body)) as Outcome
}

const isVerb = (value: unknown): value is Parcel['verb'] => value === 'ask' || value === 'tell' || value === 'announce'

function textOf(body: unknown): string {
  return Buffer.isBuffer(body) ? body.toString('utf8') : String(body)
}
