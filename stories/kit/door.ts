import { seededChance } from '@kilonova/platform/chance.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import type { Endpoint } from '@kilonova/platform/http/endpoint.ts'
import type { Microversions } from '@kilonova/platform/http/microversion.ts'
import type { Spelling } from '@kilonova/platform/http/problem.ts'
import { openDoor } from '@kilonova/platform/http/service.ts'
import type { Ladder, Span } from '@kilonova/platform/ladder.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import type { Caller } from '@kilonova/platform/policy/caller.ts'
import { type PolicyDefaults, policy } from '@kilonova/platform/policy/policy.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'

/** Who may knock in a test: the name is sent as the token. */
export type Callers = Readonly<Record<string, Caller>>

export interface Answered {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  /** Whatever the answer holds: parsed JSON, or text. */
  readonly body: ReturnType<typeof JSON.parse>
}

export interface TestDoor {
  /** `ask('POST /v3/regions', { as: 'admin', body })`; without `as`, a stranger. */
  ask(route: string, more?: { as?: string; body?: unknown; headers?: Record<string, string> }): Promise<Answered>
  close(): Promise<void>
}

/** Some endpoints behind a real door, over HTTP in process, with callers of the test's own making instead of tokens. */
export async function testDoor(wish: {
  readonly versions: Ladder
  readonly microversions?: Microversions
  readonly endpoints: readonly (Endpoint | Span<Endpoint>)[]
  readonly spell: Spelling
  readonly policies: PolicyDefaults
  readonly callers: Callers
  /** What a caller hears of things of others: as the service itself says it. */
  readonly foreign?: 'forbidden' | 'absent'
}): Promise<TestDoor> {
  const app = await openDoor({
    name: 'test',
    versions: wish.versions,
    microversions: wish.microversions,
    foreign: wish.foreign,
    endpoints: wish.endpoints,
    spell: wish.spell,
    policy: policy({ defaults: wish.policies }),
    authenticate: async ({ token }) => {
      if (token === undefined) return undefined
      const caller = wish.callers[token]
      if (!caller) throw new Refusal('unauthenticated', 'The request you have made requires authentication.')
      return caller
    },
    clock: systemClock,
    chance: seededChance(1),
    log: silentLog,
    requestIdHeaders: [],
    trustProxy: false,
    bodyLimit: 114_688,
    onServed: () => {},
  })
  return {
    close: () => app.close(),
    async ask(route, { as, body, headers = {} } = {}) {
      const [method, url] = route.split(' ')
      const answer = await app.inject({
        method: method as 'GET',
        url: url ?? '/',
        headers: {
          host: 'cloud:5000',
          ...headers,
          ...(as === undefined ? {} : { 'x-auth-token': as }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
      })
      const isJson = String(answer.headers['content-type'] ?? '').startsWith('application/json')
      return { status: answer.statusCode, headers: answer.headers, body: isJson && answer.body !== '' ? answer.json() : answer.body }
    },
  }
}

/** One caller of each kind that stock policies tell apart, as tokens of the default domain. */
export const usualCallers: Callers = {
  'system-admin': { userId: 'u-sa', userDomainId: 'default', systemScope: 'all', roles: ['admin', 'member', 'reader'] },
  'system-reader': { userId: 'u-sr', userDomainId: 'default', systemScope: 'all', roles: ['reader'] },
  'domain-admin': {
    userId: 'u-da',
    userDomainId: 'default',
    domainId: 'default',
    roles: ['admin', 'member', 'reader'],
    token: { domain: { id: 'default' } },
  },
  admin: {
    userId: 'u-a',
    userDomainId: 'default',
    projectId: 'p-admin',
    projectDomainId: 'default',
    roles: ['admin', 'member', 'reader'],
    token: { project: { id: 'p-admin', domain: { id: 'default' } } },
  },
  member: {
    userId: 'u-m',
    userDomainId: 'default',
    projectId: 'p-demo',
    projectDomainId: 'default',
    roles: ['member', 'reader'],
    token: { project: { id: 'p-demo', domain: { id: 'default' } } },
  },
  reader: {
    userId: 'u-r',
    userDomainId: 'default',
    projectId: 'p-demo',
    projectDomainId: 'default',
    roles: ['reader'],
    token: { project: { id: 'p-demo', domain: { id: 'default' } } },
  },
}
