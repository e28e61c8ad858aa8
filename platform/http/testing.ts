import { seededChance } from '../chance.ts'
import { systemClock } from '../clock.ts'
import { type Ladder, ladder } from '../ladder.ts'
import { silentLog } from '../log/log.ts'
import type { Caller } from '../policy/caller.ts'
import { type Policy, type PolicyDefaults, policy } from '../policy/policy.ts'
import { Refusal } from '../refusal.ts'
import { declarations, type Endpoint } from './endpoint.ts'
import { openDoor, type Service } from './service.ts'

/** For tests of the door: a service of nothing in particular, with rungs that are not dense and a dialect of its own. */
export const thingVersions = ladder({ '2.1': 'the first', '2.5': 'things have a colour', '2.10': 'things have no size any more' })

export const { body, plainBody, query, view, listView, endpoint, since, until } = declarations(thingVersions, (root, items, page) => ({
  [root]: items,
  ...(page.next === undefined ? {} : { next: page.next }),
}))

const rules: PolicyDefaults = {
  all: { rule: '', about: 'anybody with a token' },
  admin: { rule: 'role:admin', about: 'administrators' },
  owner: { rule: 'project_id:%(project_id)s', about: 'whoever it belongs to' },
}

const callers: Readonly<Record<string, Caller>> = {
  admin: { userId: 'u-admin', projectId: 'p-admin', roles: ['admin'] },
  member: { userId: 'u-member', projectId: 'p-1', roles: ['member'] },
  stranger: { userId: 'u-other', projectId: 'p-2', roles: ['member'] },
}

export const serviceOf = (endpoints: readonly Endpoint[], more: Partial<Service> = {}): Service => ({
  name: 'things',
  versions: thingVersions as Ladder,
  microversions: { service: 'thing', legacyHeader: 'X-Thing-API-Version' },
  endpoints,
  spell: ({ kind, status, message, extra }) => ({ body: { oops: { kind, status, message, ...extra } } }),
  policy: policy({ defaults: rules }) as Policy,
  authenticate: async ({ token }) => {
    if (token === undefined) return undefined
    const caller = callers[token]
    if (!caller) throw new Refusal('unauthenticated', 'The token is not valid.')
    return caller
  },
  clock: systemClock,
  chance: seededChance(1),
  log: silentLog,
  requestIdHeaders: ['x-thing-request-id'],
  trustProxy: false,
  bodyLimit: 1000,
  onServed: () => {},
  ...more,
})

export interface Answered {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
  /** The JSON it holds, or nothing. */
  readonly body: ReturnType<typeof JSON.parse>
}

export type Ask = (
  route: string,
  more?: { as?: string; headers?: Record<string, string>; body?: unknown; raw?: string | Buffer },
) => Promise<Answered>

/** The endpoints behind a door, asked in process. `raw` is sent as it is, with no type but the headers'. */
export async function doorOf(endpoints: readonly Endpoint[], more: Partial<Service> = {}): Promise<{ ask: Ask; close(): Promise<void> }> {
  const app = await openDoor(serviceOf(endpoints, more))
  return {
    close: () => app.close(),
    async ask(route, { as, headers = {}, body, raw } = {}) {
      const [method, url = '/'] = route.split(' ')
      const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body))
      const answer = await app.inject({
        method: method as 'GET',
        url,
        headers: {
          host: 'cloud:1234',
          ...(as === undefined ? {} : { 'x-auth-token': as }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(payload === undefined ? {} : { payload }),
      })
      return { status: answer.statusCode, headers: answer.headers, text: answer.body, body: parsed(answer.body) }
    },
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
