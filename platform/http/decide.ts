import { Refusal } from '../refusal.ts'
import { type Asked, type Endpoint, isOpen } from './endpoint.ts'
import { isStorableText, type ReadBody } from './read-body.ts'
import type { Service } from './service.ts'
import { type Validator, validator } from './validate.ts'

/** What a request is about, and what the caller is told when policy lets them hear it. */
export interface Decided {
  readonly about: unknown
  readonly wrong?: unknown
}

type Target = Readonly<Record<string, unknown>>

/**
 * Validation, lookup and policy. Policy speaks before validation complains: a caller who would be refused anyway learns nothing about the
 * body's faults. A thing that is not there is `forbidden` to those who may not ask and `not-found` to those who may.
 */
export async function decide(service: Service, endpoint: Endpoint, asked: Asked, body: ReadBody): Promise<Decided> {
  const invalid = complaintOf(endpoint, asked, body)
  const { about, target, absent } = await lookUp(endpoint, asked, invalid !== undefined)
  const { policy } = endpoint
  if (isOpen(policy)) return { about, wrong: invalid ?? absent }
  const allows = (one: Target) => asked.caller !== undefined && service.policy.check(policy, asked.caller, one)
  const hidesForeign = service.foreign === 'absent' && endpoint.about !== undefined
  if (absent && endpoint.tellsAbsence) return { about, wrong: absent }
  if (allows(target)) return { about, wrong: invalid ?? absent }
  if (hidesForeign && allows(ownTarget(asked)))
    return { about, wrong: absent ?? new Refusal('not-found', 'The resource could not be found.') }
  throw new Refusal('forbidden', `You are not authorized to perform the requested action: ${policy}.`, { extra: { policy } })
}

/** The first fault of the body or the query. */
function complaintOf(endpoint: Endpoint, asked: Asked, body: ReadBody): Refusal | undefined {
  const checks = checksOf(endpoint, asked.version)
  if (!endpoint.streams) {
    if ('wrong' in body) {
      if (endpoint.body || !body.isForeign) return body.wrong
    } else if (checks.body) {
      const wrong = checks.body(body.value)
      if (wrong) return wrong
    }
  }
  return checks.query?.(asked.query) ?? unstorable(asked.query)
}

const unstorable = (query: unknown) =>
  Object.values(query ?? {})
    .flat()
    .every(value => typeof value !== 'string' || isStorableText(value))
    ? undefined
    : new Refusal('invalid', 'A query parameter holds a NUL character.')

/**
 * The thing itself and what rules may know of it. After a fault of validation both are still tried, because policy speaks first; what they
 * stumble over then is the fault's doing.
 */
async function lookUp(
  endpoint: Endpoint,
  asked: Asked,
  isInvalid: boolean,
): Promise<{ about: unknown; target: Target; absent: Refusal | undefined }> {
  let about: unknown
  try {
    about = await endpoint.about?.(asked)
    return { about, target: endpoint.target?.({ ...asked, about }) ?? {}, absent: undefined }
  } catch (error) {
    if (error instanceof Refusal) return { about, target: {}, absent: error }
    if (isInvalid) return { about, target: {}, absent: undefined }
    throw error
  }
}

/** What a rule would hear of a thing of the caller's own. */
const ownTarget = ({ caller }: Asked): Target => ({
  project_id: caller?.projectId,
  tenant_id: caller?.projectId,
  user_id: caller?.userId,
})

interface Checks {
  readonly body: Validator | undefined
  readonly query: Validator | undefined
}
const compiled = new WeakMap<Endpoint, Map<string, Checks>>()

function checksOf(endpoint: Endpoint, version: string): Checks {
  let byVersion = compiled.get(endpoint)
  if (!byVersion) {
    byVersion = new Map()
    compiled.set(endpoint, byVersion)
  }
  let checks = byVersion.get(version)
  if (!checks) {
    const { body, query } = endpoint
    checks = {
      body: body && !body.readsItself ? validator(() => body.schema(version), 'body') : undefined,
      query: query && validator(() => query.schema(version), 'query'),
    }
    byVersion.set(version, checks)
  }
  return checks
}
