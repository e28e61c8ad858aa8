import { httpClient } from '@kilonova/platform/http/client.ts'
import { ensurePasswords } from '../credentials.ts'
import type { Globals } from '../globals.ts'
import { namesOf, ofHome } from '../of-home.ts'
import { readSettings } from '../settings.ts'
import { readTls, trustAlso, trustOf } from '../tls.ts'
import { readWay, type TracedWay, wayTable } from '../way.ts'

export interface NetTraceWish {
  readonly protocol?: string
  readonly 6?: boolean
  readonly probe?: boolean
  readonly json?: boolean
}

/** Asks the running cloud, as its administrator, where packets get to. 0: they arrive; 1: they do not, or nobody can say. */
export async function netTrace(globals: Globals, words: readonly string[], wish: NetTraceWish): Promise<number> {
  const { places, flags, environment, say, print } = globals
  const home = ofHome(globals, readSettings(places, flags, environment).settings)
  if (!home.isRunning) {
    say(`No cloud runs here (kilonova up${places.hint}).`)
    return 1
  }
  const way = readWay(words)
  if ('unclear' in way) {
    say(way.unclear)
    return 1
  }
  const urlOf = (name: string) => home.doors.find(door => door.name === name)?.url
  const [keystone, neutron, nova] = [urlOf('keystone'), urlOf('neutron-server') ?? urlOf('neutron'), urlOf('nova-api') ?? urlOf('nova')]
  if (!keystone || !neutron) {
    say(
      home.isApart
        ? `From here run ${namesOf(home)}: ask where keystone and neutron-server run from one home.`
        : 'This cloud has no network service of its own.',
    )
    return 1
  }
  try {
    const token = await signIn(globals, keystone)
    const [from, to] = [await serverIn(nova, token, way.from), await serverIn(nova, token, way.to)]
    const names = Object.fromEntries([[from, way.from] as const, [to, way.to] as const].filter(([id, name]) => id !== name))
    const question = { from, to, names, ...(way.port && { port: way.port }), ...(wish.protocol && { protocol: wish.protocol }) }
    const more = { ...(wish[6] && { version: 6 }), ...(wish.probe && { probe: true }) }
    const trace = await askTrace(neutron, token, { ...question, ...more })
    print(wish.json ? JSON.stringify(trace, null, 2) : wayTable(trace))
    return trace.arrives === true ? 0 : 1
  } catch (error) {
    say(error instanceof Error ? error.message : String(error))
    return 1
  }
}

async function signIn({ places, flags, environment, chance, clock, host }: Globals, keystone: string): Promise<string> {
  const { settings } = readSettings(places, flags, environment)
  const trust = trustOf(settings, readTls(settings, host, clock.now()), host)
  if (trust !== undefined) trustAlso(trust, host)
  const { admin: password } = ensurePasswords(places, settings, environment, chance)
  const domain = { id: 'default' }
  const auth = {
    identity: { methods: ['password'], password: { user: { name: 'admin', domain, password } } },
    scope: { project: { name: 'admin', domain } },
  }
  const base = keystone.replace(/\/v3\/?$/, '')
  const answer = await httpClient({ url: base }).ask({ method: 'POST', path: '/v3/auth/tokens', body: { auth } })
  const token = answer.header('x-subject-token')
  if (answer.status !== 201 || token === undefined) throw new Error(`The administrator may not sign in: ${answer.status}.`)
  return token
}

const words = ['outside', 'dhcp', 'metadata']

/** Servers are called by names that only compute knows; of the rest the network service knows more. */
async function serverIn(nova: string | undefined, token: string, word: string): Promise<string> {
  if (nova === undefined || words.includes(word) || /^[0-9a-f.:]+$/i.test(word)) return word
  const path = `/servers?all_tenants=1&name=${encodeURIComponent(`^${word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`)}`
  const answer = await httpClient({ url: nova }).ask({ method: 'GET', path, headers: { 'x-auth-token': token } })
  const { servers = [] } = (answer.status === 200 ? answer.body : {}) as { readonly servers?: readonly { readonly id: string }[] }
  if (servers.length > 1)
    throw new Error(`There are ${servers.length} servers ${word}: ${servers.map(({ id }) => id).join(', ')}. Name one by its id.`)
  return servers[0]?.id ?? word
}

async function askTrace(neutron: string, token: string, trace: object): Promise<TracedWay> {
  const url = neutron.replace(/\/v2\.0\/?$/, '')
  const answer = await httpClient({ url, timeoutMs: 60_000 }).ask({
    method: 'POST',
    path: '/v2.0/traces',
    headers: { 'x-auth-token': token },
    body: { trace },
  })
  const body = answer.body as { readonly trace?: TracedWay; readonly NeutronError?: { readonly message?: string } }
  if (answer.status === 200 && body.trace) return body.trace
  throw new Error(body.NeutronError?.message ?? `The network service answers ${answer.status}.`)
}
