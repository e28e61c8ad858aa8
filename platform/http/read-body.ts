import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import { Refusal } from '../refusal.ts'

/** A request's body: a JSON value, nothing, bytes of another kind, or what is wrong with it. */
export type ReadBody = { readonly value: unknown } | { readonly wrong: Refusal; readonly isForeign?: boolean }

/** Deeper than any API nests; what is deeper would overflow the stack of whoever writes it out again. */
const maxDepth = 100

/**
 * Reads a body of at most `limit` bytes, once the caller is known to be one. Clients send `Content-Type: application/json` with no body and
 * JSON with no type at all: neither is an error. A body of another kind is an error only for an endpoint that reads one.
 */
export async function readBody(request: IncomingMessage, limit: number): Promise<ReadBody> {
  const bytes = await collect(request, limit)
  if (bytes.length === 0) return { value: undefined }
  const type = request.headers['content-type']?.trim() ?? ''
  if (type !== '' && !/^application\/[\w.+-]*json/i.test(type))
    return { wrong: new Refusal('unsupported-media', 'The body must be JSON, with Content-Type: application/json.'), isForeign: true }
  return readJson(bytes)
}

/** Twice the same words, because which of the two it was helps nobody who sent bytes that are no text. */
const malformed = (why: string) => ({ wrong: new Refusal('invalid', `Malformed request body: ${why}.`) })

export function readJson(bytes: Buffer): ReadBody {
  if (!isUtf8(bytes)) return malformed('it is not UTF-8 text')
  if (isDeeperThan(maxDepth, bytes)) return malformed(`it nests deeper than ${maxDepth} levels`)
  const text = bytes.toString()
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return malformed('it is not valid JSON')
  }
  // Only an escape can write a character that is no character: a NUL, which PostgreSQL refuses to keep, or half a surrogate pair.
  if (text.includes('\\u') && !isStorable(value)) return malformed('a string holds a NUL or half of a surrogate pair')
  return { value }
}

function isDeeperThan(most: number, bytes: Buffer): boolean {
  let depth = 0
  let inString = false
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (inString) {
      if (byte === backslash) at++
      else if (byte === quote) inString = false
    } else if (byte === quote) inString = true
    else if (byte === openBracket || byte === openBrace) {
      if (++depth > most) return true
    } else if (byte === closeBracket || byte === closeBrace) depth--
  }
  return false
}
const [quote, backslash, openBracket, closeBracket, openBrace, closeBrace] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d]

function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return isStorableText(value)
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([name, one]) => isStorableText(name) && isStorable(one))
}

/** Whether every engine can keep the text and give it back. */
export const isStorableText = (text: string) => !text.includes('\0') && text.isWellFormed()

async function collect(request: IncomingMessage, limit: number): Promise<Buffer> {
  const told = Number(request.headers['content-length'])
  if (told > limit) throw tooLarge(request)
  const parts: Buffer[] = []
  let size = 0
  return await new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      request.off('data', onData).off('end', onEnd).off('error', onLost).off('close', onLost)
      act()
    }
    const onData = (part: Buffer) => {
      size += part.length
      if (size > limit) settle(() => reject(tooLarge(request)))
      else parts.push(part)
    }
    const onEnd = () => settle(() => resolve(parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts)))
    const onLost = () => settle(() => reject(new Refusal('invalid', 'The request ended before its body did.')))
    request.on('data', onData).on('end', onEnd).on('error', onLost).on('close', onLost)
  })
}

/** The rest of the body is thrown away as it comes; the connection is not used again, so a client that goes on sending is cut. */
function tooLarge(request: IncomingMessage): Refusal {
  request.resume()
  return new Refusal('too-large', 'Request is too large.')
}
