import { type Chance, seededChance } from '@kilonova/platform/chance.ts'
import type { Found } from './found.ts'
import { happens, oddBodies, oddPathParts, oddQueries, oddTexts, oddValue, pick } from './odd-values.ts'
import { type Schema, sensibleValue } from './sensible-values.ts'

/** One request, as it goes over the wire. */
export interface Shot {
  readonly number: number
  readonly operation: Operation | undefined
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Buffer | undefined
}

/** One operation of a served OpenAPI document. */
export interface Operation {
  readonly method: string
  readonly path: string
  readonly query: readonly { readonly name: string; readonly schema: Schema }[]
  readonly bodies: readonly Schema[]
  readonly answers: Readonly<Record<string, Schema>>
}

export interface Target {
  readonly operations: readonly Operation[]
  readonly token: string
  /** The word of `OpenStack-API-Version`, where the service has microversions. */
  readonly microversion: string | undefined
  readonly known: Found
}

/** The nth request of a seed. */
export function shotOf(target: Target, seed: number, number: number): Shot {
  const chance = seededChance(Math.imul(seed, 0x9e3779b1) ^ number)
  const operation = pick(chance, target.operations)
  const hostile = happens(chance, 0.6)
  const stray = hostile && happens(chance, 0.03)
  const method = stray ? pick(chance, ['PUT', 'PATCH', 'DELETE', 'POST', 'HEAD', 'OPTIONS', 'COPY', 'GET']) : operation.method
  const path = pathOf(operation.path, target, chance, hostile)
  const query = queryOf(operation, target, chance, hostile)
  const sent = method === 'GET' || method === 'HEAD' ? undefined : bodyOf(operation, target, chance, hostile)
  return {
    number,
    // An odd part of a path may make it another operation's.
    operation: stray ? undefined : (target.operations.find(one => one.method === method && one.path === path) ?? operation),
    method,
    url: `${path}${query === '' ? '' : `?${query}`}`,
    headers: { ...headersOf(target, chance, hostile), ...(sent?.type === undefined ? {} : { 'content-type': sent.type }) },
    body: sent?.body,
  }
}

function pathOf(path: string, { known }: Target, chance: Chance, hostile: boolean): string {
  const filled = path.replaceAll(/(?<=([^/]*)\/)\{(\w+)\}/g, (_, before: string, param: string) => {
    const name = param === 'id' ? idOfOne(before) : param
    if (hostile && happens(chance, 0.3)) return pick(chance, oddPathParts)
    if (hostile && happens(chance, 0.2)) return escapeAll(pick(chance, oddTexts).slice(0, 300))
    return encodeURIComponent((happens(chance, 0.9) ? known.for(name, chance) : undefined) ?? chance.hex())
  })
  return hostile && happens(chance, 0.03) ? `${filled}${pick(chance, ['/', '//', '/x', '/%00', '.json', '%', '/../..'])}` : filled
}

/** `/security-groups/{id}` asks for a `security_group_id`. */
const idOfOne = (collection: string) => `${collection.replaceAll('-', '_').replace(/ies$/, 'y').replace(/s$/, '')}_id`

const escapeAll = (text: string) => encodeURIComponent(text.toWellFormed()) || '%20'

function queryOf({ query }: Operation, { known }: Target, chance: Chance, hostile: boolean): string {
  const chosen = query.filter(() => happens(chance, 0.3))
  const parts = chosen.map(({ name, schema }) => {
    const value =
      hostile && happens(chance, 0.4)
        ? pick(chance, oddTexts).slice(0, 300)
        : String(sensibleValue(schema, { chance, known, name, depth: 0 }))
    return `${escapeAll(name)}=${escapeAll(value)}`
  })
  return [...parts, ...(hostile && happens(chance, 0.15) ? [pick(chance, oddQueries)] : [])].join('&')
}

interface Sent {
  readonly type: string | undefined
  readonly body: string | Buffer
}

function bodyOf({ bodies }: Operation, { known }: Target, chance: Chance, hostile: boolean): Sent | undefined {
  if (hostile && happens(chance, 0.12)) return pick(chance, oddBodies)
  if (bodies.length === 0) return undefined
  const value = sensibleValue(pick(chance, bodies), { chance, known, name: '', depth: 0 })
  return { type: 'application/json', body: JSON.stringify(hostile ? bent(value, chance) : value) }
}

/** The value with one thing wrong somewhere inside: replaced, left out, added or renamed. */
function bent(value: unknown, chance: Chance): unknown {
  if (Array.isArray(value) && value.length > 0 && happens(chance, 0.7)) {
    const at = Math.floor(chance.fraction() * value.length)
    return value.with(at, bent(value[at], chance))
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value) || happens(chance, 0.05)) return oddValue(chance)
  const entries = Object.entries(value)
  const [name, inner] = entries.length > 0 ? pick(chance, entries) : ['', undefined]
  const roll = chance.fraction()
  const others = entries.filter(([one]) => one !== name)
  if (roll < 0.1) return Object.fromEntries(others)
  if (roll < 0.2) return Object.fromEntries([...entries, [pick(chance, oddTexts), oddValue(chance)]])
  if (roll < 0.25) return Object.fromEntries([...others, [name.toUpperCase(), inner]])
  return Object.fromEntries([...others, [name, bent(inner, chance)]])
}

const oddVersions = ['latest', '2.1', '2.9', '2.47', '2.999', '1.0', '0.0', '-1', '2', 'x', '2.1.1', '9'.repeat(400), 'LATEST', '2.01']

function headersOf({ token, microversion }: Target, chance: Chance, hostile: boolean): Record<string, string> {
  const headers: Record<string, string> = { accept: 'application/json' }
  if (!hostile || happens(chance, 0.93)) headers['x-auth-token'] = token
  else if (happens(chance, 0.5)) headers['x-auth-token'] = pick(chance, ['x', 'gAAAAA', ' ', 'a,b', '\u00ff', 'x'.repeat(5000)])
  if (hostile && happens(chance, 0.05)) headers['x-subject-token'] = pick(chance, ['x', '', 'gAAAAABm', 'x'.repeat(5000)])
  if (hostile && happens(chance, 0.05))
    headers['x-openstack-request-id'] = pick(chance, ['x', 'req-x', `req-${chance.uuid()}`, 'x'.repeat(5000)])
  if (hostile && happens(chance, 0.05)) headers['accept'] = pick(chance, ['text/html', '', 'application/xml', '*'])
  if (hostile && happens(chance, 0.02)) headers['host'] = pick(chance, ['[', 'a"b', '', 'x'.repeat(300), 'a:99999999'])
  if (hostile && happens(chance, 0.02)) headers['x-forwarded-proto'] = pick(chance, ['gopher', 'https', '"'])
  if (microversion !== undefined && happens(chance, 0.6)) headers['openstack-api-version'] = `${microversion} ${pick(chance, oddVersions)}`
  return headers
}
