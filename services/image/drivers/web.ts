import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { Readable } from 'node:stream'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Web } from '../content/content.ts'

/** Where users may let the service fetch from. A list of what is allowed makes the list beside it idle. */
export interface WebRules {
  readonly schemes: Rule
  readonly hosts: Rule
  readonly ports: Rule
  /** The cloud's own doors: what they tell this host is not for everybody. */
  readonly ownPorts: readonly number[]
}

interface Rule {
  readonly allowed: readonly string[]
  readonly disallowed: readonly string[]
}

const mostRedirects = 5
const usualPorts: Readonly<Record<string, number>> = { http: 80, https: 443 }

const passes = ({ allowed, disallowed }: Rule, word: string) => (allowed.length > 0 ? allowed.includes(word) : !disallowed.includes(word))

/** Fetches for users, but not from everywhere: this process reaches what they must not. Each redirect is looked at like the first address. */
export function web(rules: WebRules): Web {
  const refuse = (url: string) => new Refusal('invalid', `URI for web-download does not pass filtering: ${url.slice(0, 300)}`)

  function check(url: string): void {
    const parsed = URL.canParse(url) ? new URL(url) : undefined
    const scheme = parsed?.protocol.slice(0, -1) ?? ''
    if (!parsed || !Object.hasOwn(usualPorts, scheme) || !passes(rules.schemes, scheme)) throw refuse(url)
    const host = parsed.hostname.replace(/^\[|\]$/g, '').toLowerCase()
    const port = parsed.port === '' ? (usualPorts[scheme] ?? 0) : Number(parsed.port)
    const isUsual = port === 80 || port === 443 || port >= 1024
    const isPort =
      rules.ports.allowed.length > 0 ? rules.ports.allowed.includes(String(port)) : isUsual && passes(rules.ports, String(port))
    if (!passes(rules.hosts, host) || !isPort || parsed.username !== '') throw refuse(url)
  }

  /** A name may stand for an address that is refused. */
  async function checkAddress(url: string): Promise<void> {
    const { hostname, port, protocol } = new URL(url)
    const host = hostname.replace(/^\[|\]$/g, '')
    const addresses = isIP(host) ? [host] : (await lookup(host, { all: true }).catch(unreachable(url))).map(({ address }) => address)
    const at = port === '' ? (usualPorts[protocol.slice(0, -1)] ?? 0) : Number(port)
    if (addresses.some(address => isRefused(address, at))) throw refuse(url)
  }

  const isRefused = (address: string, port: number) =>
    (rules.hosts.allowed.length === 0 && (rules.hosts.disallowed.includes(address) || isLinkLocal(address))) ||
    (isOfThisHost(address) && rules.ownPorts.includes(port))

  return {
    check,
    async open(first, signal) {
      let url = first
      for (let redirects = 0; redirects <= mostRedirects; redirects++) {
        check(url)
        await checkAddress(url)
        const response = await fetch(url, { redirect: 'manual', signal, headers: { 'accept-encoding': 'identity' } }).catch(
          unreachable(url),
        )
        const next = response.headers.get('location')
        if (response.status < 300 || response.status > 399 || next === null) return opened(url, response)
        await response.body?.cancel()
        url = new URL(next, url).href
      }
      throw new Refusal('invalid', `${first} redirects too often.`)
    },
  }
}

function opened(url: string, response: Response) {
  if (!response.ok || !response.body) throw new Refusal('conflict', `${url} answered ${response.status} ${response.statusText}.`)
  const length = response.headers.get('content-length')
  const isPlain = (response.headers.get('content-encoding') ?? 'identity') === 'identity'
  const body = Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0])
  // Whoever reads hears of it; until then a server that hangs up must not take the process along.
  body.on('error', () => {})
  return {
    body: body as AsyncIterable<Uint8Array>,
    sizeBytes: length === null || !isPlain ? undefined : Number(length),
  }
}

/** Trying the same again soon is of no use to a user who mistyped: it is no `unavailable`. */
const unreachable = (url: string) => (cause: unknown) => {
  throw new Refusal(
    'conflict',
    `${url} cannot be fetched: ${cause instanceof Error ? (cause.cause instanceof Error ? cause.cause.message : cause.message) : ''}`,
    { cause },
  )
}

const isLinkLocal = (address: string) => address.startsWith('169.254.') || /^fe[89ab]/i.test(address) || /^::ffff:169\.254\./i.test(address)
const isOfThisHost = (address: string) => /^(127\.|0\.0\.0\.0$|::$|::1$|::ffff:127\.)/i.test(address)
