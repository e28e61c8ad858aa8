import { Agent, request } from 'node:http'
import { type Document, microversionOf, operationsOf } from './document.ts'
import { found } from './found.ts'
import { complaintOf, isStream, parsed, type Reply } from './judge.ts'
import { type Shot, shotOf, type Target } from './shot.ts'

export interface FuzzWish {
  /** The service's root: `http://127.0.0.1:5000`. */
  readonly url: string
  readonly token: string
  readonly requests: number
  readonly seed: number
  /** The first request's number; to replay one. */
  readonly from?: number
  /** At the same time; 8 unless told. */
  readonly clients?: number
  /** Statuses of 500 and above that are no failure: 503 where outages are injected. */
  readonly allowed?: readonly number[]
  /** Answers that tell of things it may use and destroy, made beforehand because they are hard to make by chance. */
  readonly made?: readonly unknown[]
}

export interface Failure {
  readonly number: number
  readonly complaint: string
  readonly shot: Shot
  readonly text: string
}

export interface Report {
  readonly service: string
  readonly operations: number
  /** Operations that answered with success at least once, or that they are gone. */
  readonly reached: number
  readonly requests: number
  readonly byStatus: Readonly<Record<string, number>>
  readonly failures: readonly Failure[]
}

/** Fires at every operation of the document a service serves, and judges every answer. */
export async function fuzz({ url, token, requests, seed, from = 0, clients = 8, allowed = [], made = [] }: FuzzWish): Promise<Report> {
  const agent = new Agent({ keepAlive: true, maxSockets: clients })
  const root = url.replace(/\/$/, '')
  const got = await send(agent, root, {
    number: -1,
    operation: undefined,
    method: 'GET',
    url: '/openapi.json',
    headers: {},
    body: undefined,
  })
  if (got.status !== 200) throw new Error(`${root}/openapi.json answered ${got.status}`)
  const document = JSON.parse(got.text) as Document
  const known = found()
  for (const answer of made) known.remember(answer)
  const target: Target = { operations: operationsOf(document), token, microversion: microversionOf(document), known }
  const service = document.info['x-service'] ?? ''
  const byStatus: Record<string, number> = {}
  const reached = new Set<object>()
  const failures: Failure[] = []
  let next = from
  let refusedInARow = 0
  const client = async () => {
    while (next < from + requests) {
      const shot = shotOf(target, seed, next++)
      const reply = await send(agent, root, shot).catch((error: Error): Reply => ({ status: 0, headers: {}, text: error.message }))
      refusedInARow = reply.status === 401 ? refusedInARow + 1 : 0
      if (refusedInARow > mostRefused) throw new Error(`the token stopped working before shot ${shot.number - mostRefused}, seed ${seed}`)
      byStatus[reply.status] = (byStatus[reply.status] ?? 0) + 1
      // What is gone for good has answered all it can.
      const isReached = (reply.status >= 200 && reply.status < 400) || reply.status === 410
      if (isReached && shot.operation) reached.add(shot.operation)
      if (shot.method === 'POST' && reply.status >= 200 && reply.status < 300) known.remember(parsed(reply.text))
      const complaint =
        reply.status === 0 ? `got no answer: ${reply.text}` : complaintOf({ service, version: document.info.version }, shot, reply, allowed)
      if (complaint !== undefined) failures.push({ number: shot.number, complaint, shot, text: reply.text.slice(0, 300) })
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
  agent.destroy()
  return { service, operations: target.operations.length, reached: reached.size, requests, byStatus, failures }
}

/** A run that only knocks at a closed door would look like a good one. */
const mostRefused = 100

const patienceMs = 30_000

function send(agent: Agent, root: string, { method, url, headers, body }: Shot): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const { hostname, port, pathname } = new URL(root)
    const path = `${pathname === '/' ? '' : pathname}${url}`
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    const asked = request({ agent, hostname, port, method, path, headers: { ...headers, ...length }, timeout: patienceMs })
    asked.on('error', reject).on('timeout', () => asked.destroy(new Error(`nothing came for ${patienceMs / 1000} s`)))
    asked.on('response', answer => {
      const { statusCode: status = 0 } = answer
      if (isStream(answer)) {
        asked.destroy()
        return resolve({ status, headers: answer.headers, text: '' })
      }
      const parts: Buffer[] = []
      answer
        .on('data', part => parts.push(part))
        .on('error', reject)
        .on('end', () => resolve({ status, headers: answer.headers, text: Buffer.concat(parts).toString() }))
    })
    asked.end(body)
  })
}

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`

/** The request as one line for a shell; a body that is long or no text is told by its number alone. */
export function curlOf(url: string, { method, url: path, headers, body, number }: Shot): string {
  const words = Object.entries(headers).map(([name, value]) => `-H ${quoted(`${name}: ${value.slice(0, 300)}`)}`)
  const isShort = body === undefined || (typeof body === 'string' && body.length < 2000)
  const data =
    body === undefined ? [] : isShort ? [`--data-binary ${quoted(String(body))}`] : [`# and shot ${number}'s body of ${body.length}`]
  return ['curl', '-sS', '--path-as-is', '-X', method, quoted(`${url.replace(/\/$/, '')}${path.slice(0, 2000)}`), ...words, ...data].join(
    ' ',
  )
}
