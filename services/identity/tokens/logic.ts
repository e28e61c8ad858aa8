import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Named, Token, TokenScope } from '../contract/token.ts'
import type { RevocationLogic } from '../revocations/logic.ts'
import type { ProjectScope, Subject, TokenStore } from './store.ts'
import {
  auditIdOf,
  isoMicros,
  type Payload,
  type PayloadScope,
  type Standing,
  type TokenCache,
  type TokenFormat,
  type Validated,
} from './token.ts'

export interface Rooms {
  readonly store: TokenStore
  readonly format: TokenFormat
  readonly cache: TokenCache
  readonly revocations: RevocationLogic
  readonly clock: Pick<Clock, 'now'>
  readonly chance: Pick<Chance, 'bytes'>
  readonly lifeMs: number
  /** How long after its end a token may still be shown to those who ask with `allow_expired`. */
  readonly allowExpiredMs: number
}

export interface IssueWish {
  readonly userId: string
  readonly methods: readonly string[]
  readonly scope: PayloadScope
  readonly trustId?: string | undefined
  readonly accessTokenId?: string | undefined
  readonly applicationCredentialId?: string | undefined
  /** The token this one is derived from: its chain and its end are kept. */
  readonly parent?: Payload | undefined
  /** Epoch milliseconds at which what the token stands on ends: a trust, an application credential. */
  readonly endsBy?: number | undefined
}

/**
 * Tokens carry ids and are looked through again at every validation, so that they die with the user, the project or the role they
 * stand for. What they say is put together here, for issuing and for validating alike.
 */
export function tokenLogic(rooms: Rooms) {
  const { format, cache, revocations, clock, chance, lifeMs, allowExpiredMs } = rooms

  return {
    /** What signing in looks up: who and what may be meant by a scope. */
    lookUp: rooms.store,

    async issue(wish: IssueWish): Promise<{ text: string; token: Token }> {
      await cache.catchUp()
      const own = auditIdOf(chance.bytes(16))
      const chain = wish.parent?.auditIds.at(-1)
      const now = clock.now()
      const wished: Omit<Payload, 'issuedAt' | 'expiresAt'> = {
        userId: wish.userId,
        methods: wish.methods,
        scope: wish.scope,
        trustId: wish.trustId,
        accessTokenId: wish.accessTokenId,
        applicationCredentialId: wish.applicationCredentialId,
        auditIds: chain === undefined ? [own] : [own, chain],
      }
      // Tokens tell time in whole seconds. One that is born in the very second in which its forerunners were ended is of the next.
      const ended = await revocations.endedBy(revocable({ ...wished, issuedAt: Math.floor(now / 1000) * 1000 }))
      const issuedAt = ended === undefined ? Math.floor(now / 1000) * 1000 : Math.floor(ended / 1000 + 1) * 1000
      const ends = [issuedAt + lifeMs, wish.parent?.expiresAt, wish.endsBy].filter(end => end !== undefined)
      const payload: Payload = { ...wished, issuedAt, expiresAt: Math.min(...ends) }
      const token = await describe(rooms, payload)
      return { text: format.seal(payload), token }
    },

    /** Refuses with `not-found` what is not a token, has ended, or stands for someone or something that is no more. */
    async validate(text: string, { allowExpired = false } = {}): Promise<Validated> {
      await cache.catchUp()
      const known = cache.get(text)
      const payload = known?.payload ?? format.open(text) ?? refuseToken('Failed to validate token')
      const grace = allowExpired ? allowExpiredMs : 0
      if (clock.now() >= payload.expiresAt + grace) refuseToken('Could not find token: it has expired.')
      if (known) return known
      if ((await revocations.endedBy(revocable(payload))) !== undefined) refuseToken('Failed to validate token: it has been revoked.')
      const validated = { payload, token: await describe(rooms, payload).catch(asNotFound) }
      cache.put(text, validated)
      return validated
    },
  }
}

export type TokenLogic = ReturnType<typeof tokenLogic>

/** What revocations speak about, of this token. */
const revocable = (payload: Omit<Payload, 'expiresAt'>) => ({
  issuedAt: payload.issuedAt,
  auditId: payload.auditIds[0] ?? '',
  auditChainId: payload.auditIds.at(-1) ?? '',
  userId: payload.userId,
  projectId: payload.scope.kind === 'project' ? payload.scope.projectId : undefined,
  domainId: payload.scope.kind === 'domain' ? payload.scope.domainId : undefined,
  trustId: payload.trustId,
  consumerId: undefined,
  accessTokenId: payload.accessTokenId,
})

const refuseToken = (message: string): never => {
  throw new Refusal('not-found', message)
}

const asNotFound = (error: unknown): never => {
  if (error instanceof Refusal && error.kind !== 'unavailable') throw new Refusal('not-found', 'Failed to validate token', { cause: error })
  throw error
}

const refuse = (message: string): never => {
  throw new Refusal('unauthenticated', message)
}

async function describe(rooms: Rooms, payload: Payload): Promise<Token> {
  const { store } = rooms
  const { trustId, applicationCredentialId: credentialId, accessTokenId } = payload
  const trust = trustId === undefined ? undefined : ((await store.findTrust(trustId)) ?? refuse('The trust is no more.'))
  const credential =
    credentialId === undefined
      ? undefined
      : ((await store.findApplicationCredential(credentialId)) ?? refuse('The application credential is no more.'))
  if (credential?.expiresAt && Date.parse(credential.expiresAt) <= rooms.clock.now()) refuse('The application credential has expired.')
  const access =
    accessTokenId === undefined ? undefined : ((await store.findAccessToken(accessTokenId)) ?? refuse('The access token is no more.'))
  if (trust) {
    await livingUser(store, trust.trustorUserId)
    await livingUser(store, trust.trusteeUserId)
    if (trust.expiresAt !== null && Date.parse(trust.expiresAt) <= rooms.clock.now()) refuse('The trust has expired.')
  }
  const delegated = trust?.roleIds ?? credential?.roleIds ?? access?.roleIds
  const { user, scope, roles } =
    delegated === undefined
      ? await standingOf(rooms, payload)
      : await delegatedStanding(store, payload, { giverId: trust?.trustorUserId, delegated })
  return {
    methods: payload.methods,
    user,
    scope,
    roles,
    trust: trust && {
      id: trust.id,
      trustorUserId: trust.trustorUserId,
      trusteeUserId: trust.trusteeUserId,
      impersonation: trust.impersonation,
    },
    applicationCredential: credential && {
      id: credential.id,
      name: credential.name,
      restricted: !credential.unrestricted,
      accessRules: credential.accessRules,
    },
    oauth: access && { consumerId: access.consumerId, accessTokenId: access.id },
    issuedAt: isoMicros(payload.issuedAt),
    expiresAt: isoMicros(payload.expiresAt),
    auditIds: payload.auditIds,
  }
}

/** Kept until a change of what it is made from: users sign in again and again for the same scope. */
async function standingOf({ store, cache }: Rooms, payload: Payload): Promise<Standing> {
  const { scope, userId } = payload
  const key = `${userId} ${scope.kind} ${scope.kind === 'project' ? scope.projectId : scope.kind === 'domain' ? scope.domainId : ''}`
  const known = cache.getStanding(key)
  if (known) return known
  const standing = await delegatedStanding(store, payload, {})
  cache.putStanding(key, standing)
  return standing
}

/** `delegated`: the roles handed on, of those that the giver holds; without it all that the user itself holds. */
async function delegatedStanding(
  store: TokenStore,
  payload: Payload,
  { giverId = payload.userId, delegated }: { giverId?: string | undefined; delegated?: readonly string[] },
): Promise<Standing> {
  const { user } = await livingUser(store, payload.userId)
  const { scope, given } = await scopeOf(store, payload.scope, giverId)
  const roles = scope.kind === 'unscoped' ? [] : await expand(store, given, delegated)
  if (scope.kind !== 'unscoped' && roles.length === 0) refuse(`User ${payload.userId} has no access to ${nameOf(scope)}`)
  return { user, scope, roles }
}

async function livingUser(store: TokenStore, id: string): Promise<Subject> {
  const subject = (await store.findSubject(id)) ?? refuse(`Could not find user: ${id}.`)
  if (!subject.enabled) refuse(`User is disabled: ${id}`)
  return subject
}

const nameOf = (scope: TokenScope): string =>
  scope.kind === 'project' ? `project ${scope.project.id}` : scope.kind === 'domain' ? `domain ${scope.domain.id}` : 'the system'

async function scopeOf(store: TokenStore, wish: PayloadScope, userId: string): Promise<{ scope: TokenScope; given: readonly string[] }> {
  switch (wish.kind) {
    case 'unscoped':
      return { scope: wish, given: [] }
    case 'system':
      return { scope: wish, given: await store.rolesGiven(userId, { kind: 'system', id: 'system', above: [], domainId: '' }) }
    case 'domain': {
      const found = await livingProject(store, wish.domainId, 'domain')
      const { id, name } = found.project
      const given = await store.rolesGiven(userId, { kind: 'domain', id, above: [], domainId: id })
      return { scope: { kind: 'domain', domain: { id, name } }, given }
    }
    case 'project': {
      const found = await livingProject(store, wish.projectId, 'project')
      const { id, domain } = found.project
      const above = await store.projectsAbove(found)
      const given = await store.rolesGiven(userId, { kind: 'project', id, above, domainId: domain.id })
      return { scope: { kind: 'project', project: found.project }, given }
    }
  }
}

async function livingProject(store: TokenStore, id: string, what: 'project' | 'domain'): Promise<ProjectScope> {
  const found = (await store.findProjectScope(id)) ?? refuse(`Could not find ${what}: ${id}.`)
  if (!found.enabled) refuse(`${what === 'domain' ? 'Domain' : 'Project'} is disabled: ${id}`)
  return found
}

/**
 * The roles a token shows: those given and all they imply; of these, where they were delegated, only the delegated ones (and what these
 * imply). A domain's own roles never show, only what they imply. When a delegated role is no longer held, nothing is.
 */
async function expand(store: TokenStore, given: readonly string[], delegated: readonly string[] | undefined): Promise<readonly Named[]> {
  const all = await store.allRoles()
  const byId = new Map(all.map(role => [role.id, role]))
  const closure = (ids: readonly string[]) => {
    const reached = new Set(ids)
    for (const id of reached) for (const implied of byId.get(id)?.implies ?? []) reached.add(implied)
    return reached
  }
  const held = closure(given)
  if (delegated?.some(id => !held.has(id))) return []
  const shown = delegated === undefined ? held : closure(delegated)
  return all.filter(role => shown.has(role.id) && role.domainId === '').map(({ id, name }) => ({ id, name }))
}

/** What of tokens others may look up. */
export type TokenLookUp = TokenStore
