import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { isInDialect } from './dialects.ts'
import type { Schema } from './sensible-values.ts'
import type { Shot } from './shot.ts'

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

/** What no answer may let out. */
const leaks: readonly RegExp[] = [
  /\bat \S+ \(?(file|node):/,
  /\.[cm]?[jt]s:\d+/,
  /node_modules|node:internal/,
  /\b(TypeError|RangeError|SyntaxError|ReferenceError)\b/,
  /Cannot read propert|is not a function|is not iterable/,
  /\b(SQLITE|FST_ERR|ERR_|ER_|EAI_|ECONN)[A-Z_]*/,
  /\bselect\b.+\bfrom "?\w|\binsert into "?\w|\bupdate ["`]?\w+["`]? set\b|\bdelete from "?\w/i,
  /constraint failed|syntax error at|duplicate key value/i,
  /\/(home|root|usr|var|opt)\/\w+/,
  /\[object Object\]/,
]

const ajv = new Ajv2020({ strict: false, validateFormats: false })
const compiled = new WeakMap<Schema, ValidateFunction>()

export interface Judged {
  readonly service: string
  /** The version the document describes: answers of others are not held against it. */
  readonly version: string
}

/** What is wrong with an answer, in a few words; nothing when it is as it must be. */
export function complaintOf({ service, version }: Judged, shot: Shot, reply: Reply, allowed: readonly number[] = []): string | undefined {
  const { status, headers, text } = reply
  // 501 is a refusal of its own: what is not built says so.
  if (status >= 500 && status !== 501 && !allowed.includes(status)) return `answered ${status}`
  if (!/^req-[0-9a-f-]{36}$/.test(String(headers['x-openstack-request-id']))) return 'has no request id'
  if (isStream(reply) || shot.method === 'HEAD') return undefined
  if (status >= 400) return isPageWanted(shot, reply) ? leakIn(text) : complaintOfRefusal(service, status, text)
  const spoken = headers['openstack-api-version']
  const isDescribed = spoken === undefined || String(spoken).endsWith(` ${version}`)
  const schema = isDescribed ? shot.operation?.answers[String(status)] : undefined
  if (text === '') return schema && status !== 204 ? 'answers nothing where the document promises something' : undefined
  const body = parsed(text)
  if (body === undefined) return 'is no JSON'
  if (!schema) return undefined
  const check = compiled.get(schema) ?? ajv.compile(schema)
  compiled.set(schema, check)
  if (check(body)) return undefined
  const [first] = check.errors ?? []
  return `is not what the document says: ${first?.instancePath} ${first?.message}`
}

function complaintOfRefusal(service: string, status: number, text: string): string | undefined {
  const body = parsed(text)
  if (body === undefined) return `is a ${status} that is no JSON`
  if (!isInDialect(service, status, body)) return `is a ${status} in a strange dialect`
  return leakIn(textsIn(body).join('\n'))
}

function leakIn(said: string): string | undefined {
  const leak = leaks.find(one => one.test(said))
  return leak ? `lets something out: ${leak.exec(said)?.[0]}` : undefined
}

/** Older services spell refusals as pages for who does not ask for JSON. */
const isPageWanted = (shot: Shot, { headers }: Reply) =>
  !shot.headers['accept']?.includes('json') && String(headers['content-type']).startsWith('text/html')

/** What a body says, without the escapes of its JSON. */
const textsIn = (value: unknown): readonly string[] =>
  typeof value === 'string' ? [value] : typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []

export const isStream = ({ headers }: Pick<Reply, 'headers'>) => String(headers['content-type'] ?? '').startsWith('text/event-stream')

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
