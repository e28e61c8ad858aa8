import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemChance } from '@kilonova/platform/chance.ts'
import { type Clock, systemClock } from '@kilonova/platform/clock.ts'
import { readConfig } from '@kilonova/platform/config/config.ts'
import { readSources } from '@kilonova/platform/config/sources.ts'
import { type Log, silentLog } from '@kilonova/platform/log/log.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Answered } from '@kilonova/stories/kit/door.ts'
import { type Identity, openIdentity } from '../main.ts'
import { identityOptions } from '../options.ts'
import type { Tables } from '../tables.ts'
import { emptyDatabase } from './databases.ts'

/** Time as it is, that a test may push on. */
export interface PushedClock extends Clock {
  push(ms: number): void
}

export function pushedClock(): PushedClock {
  let ahead = 0
  return {
    ...systemClock,
    now: () => systemClock.now() + ahead,
    monotonic: () => systemClock.monotonic() + ahead,
    push: ms => {
      ahead += ms
    },
  }
}

export const second = 1000
export const minute = 60 * second
export const hour = 60 * minute
export const day = 24 * hour

export interface WholeWish {
  /** `section.key=value` */
  readonly settings?: readonly string[]
  readonly clock?: PushedClock
  readonly log?: Log
  readonly database?: Database<Tables>
  readonly keyDir?: string
}

export interface Whole {
  readonly identity: Identity
  readonly clock: PushedClock
  readonly keyDir: string
  /** `as` is a token's text. */
  ask(route: string, more?: { as?: string | undefined; body?: unknown; headers?: Record<string, string> }): Promise<Answered>
  /** `POST /v3/auth/tokens` */
  auth(auth: object, headers?: Record<string, string>): Promise<Answered>
  /** A token for a password: unscoped, unless told. */
  signIn(user: object, scope?: object | 'unscoped'): Promise<string>
  /** Asks as the cloud's administrator; throws what is not as good as asked. */
  make(route: string, body?: object): Promise<Answered['body']>
  close(): Promise<void>
}

export const passwords = { admin: 'the administrator’s', demo: 'the demo user’s' } as const
const home = { id: 'default' }
export const onProject = (name: string) => ({ project: { name, domain: home } })
export const admin = { name: 'admin', domain: home, password: passwords.admin }
export const demo = { name: 'demo', domain: home, password: passwords.demo }
export const byPassword = (user: object) => ({ identity: { methods: ['password'], password: { user } } })
export const textOf = ({ headers }: Answered) => String(headers['x-subject-token'])

/** For tests across resources: all of identity in this process, as `kilonova up` leaves it, asked over HTTP with tokens. */
export async function wholeIdentity(wish: WholeWish = {}): Promise<Whole> {
  const clock = wish.clock ?? pushedClock()
  const keyDir = wish.keyDir ?? mkdtempSync(join(tmpdir(), 'kilonova-identity-'))
  const flags = ['identity.password_hash_rounds=4', ...(wish.settings ?? [])]
  const identity = await openIdentity({
    databaseUrl: '',
    database: wish.database ?? (await emptyDatabase()),
    settings: readConfig(identityOptions, readSources({ flags })).values,
    keyDir,
    beginning: {
      region: 'RegionOne',
      adminPassword: passwords.admin,
      demoPassword: passwords.demo,
      serviceUsers: [{ name: 'nova', password: 'the computer’s' }],
      catalog: [
        { name: 'keystone', type: 'identity', description: 'Identity', url: 'http://cloud:5000/v3' },
        { name: 'nova', type: 'compute', description: 'Compute', url: 'http://cloud:8774/v2.1' },
      ],
    },
    clock,
    chance: systemChance,
    log: wish.log ?? silentLog,
  })

  const ask: Whole['ask'] = async (route, { as, body, headers = {} } = {}) => {
    const [method, url = '/'] = route.split(' ')
    const answer = await identity.door.inject({
      method: method as 'GET',
      url,
      headers: {
        host: 'cloud:5000',
        ...(as === undefined ? {} : { 'x-auth-token': as }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    })
    const isJson = String(answer.headers['content-type'] ?? '').startsWith('application/json') && answer.body !== ''
    return { status: answer.statusCode, headers: answer.headers, body: isJson ? answer.json() : answer.body }
  }
  const auth: Whole['auth'] = (body, headers = {}) => ask('POST /v3/auth/tokens', { body: { auth: body }, headers })
  const signIn: Whole['signIn'] = async (user, scope = 'unscoped') => {
    const answer = await auth({ ...byPassword(user), scope })
    if (answer.status !== 201) throw new Error(`may not sign in: ${answer.status} ${JSON.stringify(answer.body)}`)
    return textOf(answer)
  }
  let adminToken: Promise<string> | undefined
  return {
    identity,
    clock,
    keyDir,
    ask,
    auth,
    signIn,
    async make(route, body) {
      adminToken ??= signIn(admin, onProject('admin'))
      const answer = await ask(route, { as: await adminToken, body })
      if (answer.status >= 400) throw new Error(`${route}: ${answer.status} ${JSON.stringify(answer.body)}`)
      return answer.body
    },
    close: async () => {
      await identity.close()
      if (wish.keyDir === undefined) rmSync(keyDir, { recursive: true, force: true })
    },
  }
}
