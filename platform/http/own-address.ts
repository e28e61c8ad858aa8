import type { IncomingMessage } from 'node:http'

/** What the listener knows of a request and the door needs: remembered beside it, because both see only node's own object. */
interface Mounting {
  /** Below which path the request's service is mounted: `/identity`, or ''. */
  readonly prefix: string
  /** Aborted when the listener begins to stop. */
  readonly closing: AbortSignal
}

const mountings = new WeakMap<IncomingMessage, Mounting>()
const never = new AbortController().signal
const nowhere: Mounting = { prefix: '', closing: never }

export const mountBelow = (raw: IncomingMessage, mounting: Mounting) => mountings.set(raw, mounting)
export const mountingOf = (raw: IncomingMessage): Mounting => mountings.get(raw) ?? nowhere

/** A host and perhaps a port, and nothing that could be more than that inside a link. */
const hostForm = /^([\w.-]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?$/
const prefixForm = /^(\/[\w.~-]+)*$/

/** The service's root as the client sees it: through a proxy when its headers are trusted, below a prefix in one-port mode. */
export function baseOf({ trustProxy }: { readonly trustProxy: boolean }, raw: IncomingMessage): string {
  const { headers, socket } = raw
  const told = (name: string) => (trustProxy ? first(headers[name]) : undefined)
  const proto = told('x-forwarded-proto')?.toLowerCase()
  const scheme = proto === 'http' || proto === 'https' ? proto : 'encrypted' in socket ? 'https' : 'http'
  const host = [told('x-forwarded-host'), headers.host].find(one => one !== undefined && isHost(one)) ?? ownHost(raw)
  const before = told('x-forwarded-prefix')?.replace(/\/+$/, '') ?? ''
  return `${scheme}://${host}${prefixForm.test(before) ? before : ''}${mountingOf(raw).prefix}`
}

/** Clients name few hosts, over and over. */
const knownHosts = new Set<string>()
const mostKnown = 100

function isHost(text: string): boolean {
  if (knownHosts.has(text)) return true
  if (!hostForm.test(text) || !URL.canParse(`http://${text}`)) return false
  if (knownHosts.size < mostKnown) knownHosts.add(text)
  return true
}

function ownHost({ socket }: IncomingMessage): string {
  const address = socket.localAddress ?? 'localhost'
  return `${address.includes(':') ? `[${address}]` : address}${socket.localPort === undefined ? '' : `:${socket.localPort}`}`
}

/** The first of several values of a header, whether sent as a list or joined by commas. */
export function first(value: string | string[] | undefined): string | undefined {
  const text = typeof value === 'string' ? value : value?.[0]
  if (text === undefined) return undefined
  const end = text.indexOf(',')
  return (end < 0 ? text : text.slice(0, end)).trim()
}
