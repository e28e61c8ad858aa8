import type { Token } from '@kilonova/identity/contract/token.ts'
import { migrations, openPlacement, openPlacementRoom, type PlacementDatabase, placementOptions } from '@kilonova/placement/main.ts'
import { type Chance, seededChance } from '@kilonova/platform/chance.ts'
import { type Clock, systemClock } from '@kilonova/platform/clock.ts'
import { readConfig } from '@kilonova/platform/config/config.ts'
import { readSources } from '@kilonova/platform/config/sources.ts'
import type { HttpClient } from '@kilonova/platform/http/client.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { openDatabase } from '@kilonova/platform/sql/database.ts'

interface Wish {
  readonly url?: string | undefined
  readonly clock?: Clock
  readonly chance?: Chance
}

/** Placement for tests that need nobody at its door: its rules over a database of its own, in memory unless told. */
export async function startPlacement({ url = 'sqlite://', clock = systemClock, chance = seededChance(1) }: Wish = {}) {
  const database: PlacementDatabase = await openDatabase({ url, service: 'placement', migrations, clock, chance, log: silentLog })
  return { room: openPlacementRoom({ clock, chance }, database), database, close: database.close }
}

const named = (name: string) => ({ id: name, name })
const admin: Token = {
  methods: ['password'],
  user: { ...named('nova'), domain: named('default'), passwordExpiresAt: null },
  scope: { kind: 'project', project: { ...named('service'), domain: named('default'), isDomain: false } },
  roles: ['admin', 'member', 'reader', 'service'].map(named),
  ...{ trust: undefined, applicationCredential: undefined, oauth: undefined, auditIds: [] },
  ...{ issuedAt: '2026-01-01T00:00:00.000000Z', expiresAt: '2036-01-01T00:00:00.000000Z' },
}

/** Placement behind its door, asked as another process asks it. Whatever token is sent is an administrator's. */
export async function startPlacementDoor() {
  const [clock, chance] = [systemClock, seededChance(1)]
  const settings = readConfig(placementOptions, readSources({})).values
  const tokens = { validate: async () => admin }
  const placement = await openPlacement({ databaseUrl: 'sqlite://', settings, tokens, clock, chance, log: silentLog })
  const client: Pick<HttpClient, 'ask'> = {
    async ask({ method, path, headers, body }) {
      const payload = body === undefined ? {} : { payload: JSON.stringify(body) }
      const type = body === undefined ? {} : { 'content-type': 'application/json' }
      const answer = await placement.door.inject({
        method: method as 'GET',
        url: path,
        headers: { host: 'cloud', ...headers, ...type },
        ...payload,
      })
      const text = answer.body
      const isJson = String(answer.headers['content-type'] ?? '').includes('json') && text !== ''
      return {
        status: answer.statusCode,
        header: name => (answer.headers[name] === undefined ? undefined : String(answer.headers[name])),
        body: isJson ? (JSON.parse(text) as unknown) : text,
      }
    },
  }
  return { client, room: placement.room, close: placement.close }
}
