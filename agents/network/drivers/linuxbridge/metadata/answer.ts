import { createHmac } from 'node:crypto'
import { type IncomingMessage, request as plainRequest, type ServerResponse } from 'node:http'
import { request as tlsRequest } from 'node:https'
import type { Log } from '@kilonova/platform/log/log.ts'
import type { MetadataInstance } from '../../../contract/wiring.ts'

/** Where metadata is served, and the secret that shows that a request came through us. */
export interface MetadataDoor {
  readonly host: string
  readonly port: number
  readonly sharedSecret: string
  /** What stands before every path, where all services share a port. */
  readonly prefix?: string | undefined
  /** A certificate names the host the world knows, not the one we ask on this machine; the signature says who we are. */
  readonly isTls?: boolean | undefined
}

export interface AnswerRooms {
  readonly door: MetadataDoor
  readonly log: Log
  readonly find: (address: string) => MetadataInstance | undefined
}

/** Whatever a guest says about who it is is not passed on. */
const ours = [
  'x-instance-id',
  'x-tenant-id',
  'x-forwarded-for',
  'x-instance-id-signature',
  'x-metadata-provider',
  'x-metadata-provider-signature',
]
const hopByHop = ['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'proxy-connection', 'te', 'trailer']
const deadlineMs = 60_000

export const signatureOf = (sharedSecret: string, instanceId: string): string =>
  createHmac('sha256', sharedSecret).update(instanceId).digest('hex')

/** Who asks is known by the address it asks from, on the network it asks on; the door is told so, signed. */
export function answerWith({ door, log, find }: AnswerRooms) {
  return (asked: IncomingMessage, answer: ServerResponse): void => {
    const address = (asked.socket.remoteAddress ?? '').replace(/^::ffff:|%.*$/g, '')
    const instance = find(address)
    if (instance) {
      pass(asked, answer, { instance, address, door, log })
      return
    }
    log.info('metadata was asked from an address that no port has', { address })
    asked.resume()
    refuse(answer, 404, 'The resource could not be found.')
  }
}

interface Passing extends Omit<AnswerRooms, 'find'> {
  readonly instance: MetadataInstance
  readonly address: string
}

function pass(asked: IncomingMessage, answer: ServerResponse, { instance, address, door, log }: Passing): void {
  const passed = (door.isTls ? tlsRequest : plainRequest)({
    ...(door.isTls && { rejectUnauthorized: false }),
    host: door.host,
    port: door.port,
    method: asked.method,
    path: `${door.prefix ?? ''}${asked.url}`,
    headers: {
      ...headersOf(asked),
      'x-forwarded-for': address,
      'x-instance-id': instance.instanceId,
      'x-tenant-id': instance.projectId,
      'x-instance-id-signature': signatureOf(door.sharedSecret, instance.instanceId),
    },
    timeout: deadlineMs,
  })
  passed.once('response', found => {
    answer.writeHead(found.statusCode ?? 502, withoutHops(found.headers))
    found.pipe(answer)
  })
  passed.once('timeout', () => passed.destroy(new Error(`no answer within ${deadlineMs / 1000} s`)))
  passed.once('error', error => {
    log.warn('the metadata service did not answer', { door: `${door.host}:${door.port}`, error })
    if (answer.headersSent) answer.destroy()
    else refuse(answer, 502, 'The metadata service does not answer.')
  })
  answer.once('close', () => passed.destroy())
  asked.pipe(passed)
}

type Headers = IncomingMessage['headers']

const headersOf = ({ headers }: IncomingMessage): Headers =>
  Object.fromEntries(Object.entries(withoutHops(headers)).filter(([name]) => !ours.includes(name)))

const withoutHops = (headers: Headers): Headers => Object.fromEntries(Object.entries(headers).filter(([name]) => !hopByHop.includes(name)))

function refuse(answer: ServerResponse, status: number, text: string): void {
  answer.writeHead(status, { 'content-type': 'text/plain; charset=UTF-8' })
  answer.end(`${status} ${text}\n`)
}
