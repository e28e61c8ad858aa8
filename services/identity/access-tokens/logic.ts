import type { Cause } from '@kilonova/platform/cause.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { SignedRequest, Signatures } from '../consumers/consumer.ts'
import { type ConsumerLogic, mustBeSigned, refuseSigner } from '../consumers/logic.ts'
import { expiryAt, isOver } from '../expiries/expiry.ts'
import type { RequestTokenLogic } from '../request-tokens/logic.ts'
import type { RevocationLogic } from '../revocations/logic.ts'
import type { RoleLogic } from '../roles/logic.ts'
import type { Role } from '../roles/role.ts'
import type { Transaction, Write } from '../tables.ts'
import { refuseMissing } from '../wishes/wish.ts'
import type { AccessToken } from './access-token.ts'
import type { AccessTokenStore } from './store.ts'

export interface Rooms {
  readonly store: AccessTokenStore
  readonly write: Write
  readonly chance: Pick<Chance, 'hex'>
  readonly clock: Pick<Clock, 'now'>
  readonly signatures: Signatures
  readonly consumers: Pick<ConsumerLogic, 'find'>
  readonly requestTokens: Pick<RequestTokenLogic, 'getLiving' | 'consume'>
  readonly roles: Pick<RoleLogic, 'listByIds'>
  readonly revocations: Pick<RevocationLogic, 'revoke'>
  /** `[oauth1] access_token_duration`; 0 is for ever. */
  readonly lifeMs: number
}

/** The rules of access tokens: each comes of one granted request token, and belongs to the user who granted it. */
export function accessTokenLogic(rooms: Rooms) {
  const { store, write, signatures, revocations } = rooms
  const get = async (userId: string, id: string): Promise<AccessToken> => {
    const token = (await store.find(id)) ?? refuseUnknown()
    return token.userId === userId ? token : refuseUnknown()
  }

  return {
    get,
    list: (userId: string): Promise<readonly AccessToken[]> => store.list({ userId }),

    async rolesOf(userId: string, id: string): Promise<readonly Role[]> {
      return rooms.roles.listByIds((await get(userId, id)).roleIds)
    },

    create: (request: SignedRequest, cause: Cause): Promise<AccessToken> => exchange(rooms, request, cause),

    delete: (userId: string, id: string, cause: Cause): Promise<void> =>
      write(cause, async tx => {
        const token = (await store.find(id, tx.read)) ?? refuseUnknown()
        if (token.userId !== userId) refuseSigner('User IDs do not match')
        await store.delete(tx, token)
        await revocations.revoke(tx, { accessTokenId: id }, cause)
      }),

    /** Whom a signed request signs in: the proof `oauth1`. */
    async authenticate(request: SignedRequest): Promise<{ id: string; userId: string; projectId: string }> {
      const id = signatures.read(request.authorization)['oauth_token'] ?? refuseMissing('oauth_token', 'request')
      const token = (await store.find(id)) ?? refuseSigner('there is no such access token')
      if (isOver(token.expiresAt, rooms.clock.now())) refuseSigner('Access token is expired')
      const consumer = await signingConsumer(rooms, request, token.consumerId)
      mustBeSigned(rooms, request, { consumer: consumer.secret, token: token.secret })
      return { id, userId: token.userId, projectId: token.projectId }
    },

    forgetConsumer: (tx: Transaction, id: string) => store.deleteAll(tx, 'consumer_id', id),
    forgetUser: (tx: Transaction, id: string) => store.deleteAll(tx, 'authorizing_user_id', id),
    forgetProject: (tx: Transaction, id: string) => store.deleteAll(tx, 'project_id', id),
    forgetDomain: (tx: Transaction, id: string) => store.deleteAll(tx, 'project_id', id),
  }
}

export type AccessTokenLogic = ReturnType<typeof accessTokenLogic>

const refuseUnknown = (): never => {
  throw new Refusal('not-found', 'Access token not found')
}

async function exchange(rooms: Rooms, request: SignedRequest, cause: Cause): Promise<AccessToken> {
  const { store, write, chance, clock, signatures, requestTokens, lifeMs } = rooms
  const given = signatures.read(request.authorization)
  if (!given['oauth_consumer_key']) refuseMissing('oauth_consumer_key', 'request')
  const requested = await requestTokens.getLiving(given['oauth_token'] || refuseMissing('oauth_token', 'request'))
  const verifier = given['oauth_verifier'] || refuseMissing('oauth_verifier', 'request')
  const consumer = await signingConsumer(rooms, request, requested.consumerId)
  mustBeSigned(rooms, request, { consumer: consumer.secret, token: requested.secret })
  const grant = requested.grant ?? refuseSigner('Request Token does not have an authorizing user id.')
  if (grant.verifier !== verifier) refuseSigner('Provided verifier does not match stored verifier')
  const token: AccessToken = {
    id: chance.hex(),
    secret: chance.hex(),
    consumerId: consumer.id,
    userId: grant.userId,
    projectId: requested.projectId,
    roleIds: grant.roleIds,
    expiresAt: lifeMs > 0 ? expiryAt(clock.now() + lifeMs) : null,
  }
  await write(cause, async tx => {
    await requestTokens.consume(tx, requested.id)
    await store.insert(tx, token)
  })
  return token
}

/** The consumer that a request names must be the one the token was given to. */
async function signingConsumer({ consumers, signatures }: Rooms, request: SignedRequest, consumerId: string) {
  const named = signatures.read(request.authorization)['oauth_consumer_key']
  if (named !== consumerId) refuseSigner('Provided consumer key does not match stored consumer key.')
  return (await consumers.find(consumerId)) ?? refuseSigner('Provided consumer does not exist.')
}
