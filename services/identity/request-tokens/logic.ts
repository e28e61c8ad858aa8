import type { Cause } from '@kilonova/platform/cause.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { AssignmentLogic } from '../assignments/logic/assignments.ts'
import type { SignedRequest, Signatures } from '../consumers/consumer.ts'
import { type ConsumerLogic, mustBeSigned, refuseSigner } from '../consumers/logic.ts'
import { expiryAt, isOver } from '../expiries/expiry.ts'
import type { RoleLogic, RoleName } from '../roles/logic.ts'
import type { Transaction, Write } from '../tables.ts'
import { refuseMissing } from '../wishes/wish.ts'
import type { Grant, RequestToken } from './request-token.ts'
import type { RequestTokenStore } from './store.ts'

export interface Rooms {
  readonly store: RequestTokenStore
  readonly write: Write
  readonly chance: Pick<Chance, 'hex' | 'bytes'>
  readonly clock: Pick<Clock, 'now'>
  readonly signatures: Signatures
  readonly consumers: Pick<ConsumerLogic, 'get'>
  readonly roles: Pick<RoleLogic, 'listNamed'>
  readonly assignments: Pick<AssignmentLogic, 'rolesOn'>
  /** `[oauth1] request_token_duration`; 0 is for ever. */
  readonly lifeMs: number
}

/** The rules of request tokens: asked for by a signed request, granted by a user who has the roles, used once. */
export const requestTokenLogic = (rooms: Rooms) => {
  const { store, write, chance, clock, signatures, lifeMs } = rooms

  return {
    async create(request: SignedRequest, projectId: string | undefined, cause: Cause): Promise<RequestToken> {
      const consumerId = signatures.read(request.authorization)['oauth_consumer_key'] ?? refuseMissing('oauth_consumer_key', 'request')
      if (!projectId) return refuseMissing('Requested-Project-Id', 'request')
      if (!(await store.hasProject(projectId))) throw new Refusal('not-found', `Could not find project: ${projectId}.`)
      const consumer = await rooms.consumers.get(consumerId)
      mustBeSigned(rooms, request, { consumer: consumer.secret, token: '' })
      const expiresAt = lifeMs > 0 ? expiryAt(clock.now() + lifeMs) : null
      const token: RequestToken = { id: chance.hex(), secret: chance.hex(), consumerId, projectId, expiresAt, grant: undefined }
      await write(cause, tx => store.insert(tx, token))
      return token
    },

    /** Gives the verifier, by which the consumer shows that the user told it so. */
    async grant(id: string, { userId, roles }: { userId: string; roles: readonly RoleName[] }, cause: Cause): Promise<Grant> {
      const { projectId } = await living(rooms, id)
      const roleIds = (await rooms.roles.listNamed(roles)).map(role => role.id)
      const held = await rooms.assignments.rolesOn(userId, projectId)
      if (roleIds.some(roleId => !held.includes(roleId))) refuseSigner('authorizing user does not have role required')
      const grant: Grant = { userId, roleIds, verifier: verifierOf(chance.bytes(8)) }
      await write(cause, async tx => {
        const token = (await store.find(id, tx.read)) ?? refuseUnknown()
        await store.update(tx, { ...token, grant })
      })
      return grant
    },

    getLiving: (id: string): Promise<RequestToken> => living(rooms, id),

    /** In the transaction that makes an access token of it: only one can. */
    async consume(tx: Transaction, id: string): Promise<void> {
      const token = (await store.find(id, tx.read)) ?? refuseUnknown()
      await store.delete(tx, token)
    },

    forgetConsumer: (tx: Transaction, id: string) => store.deleteAll(tx, 'consumer_id', id),
    forgetUser: (tx: Transaction, id: string) => store.deleteAll(tx, 'authorizing_user_id', id),
    forgetProject: (tx: Transaction, id: string) => store.deleteAll(tx, 'requested_project_id', id),
    forgetDomain: (tx: Transaction, id: string) => store.deleteAll(tx, 'requested_project_id', id),
  }
}

export type RequestTokenLogic = ReturnType<typeof requestTokenLogic>

const refuseUnknown = (): never => {
  throw new Refusal('not-found', 'Request token not found')
}

async function living({ store, clock }: Rooms, id: string): Promise<RequestToken> {
  const token = (await store.find(id)) ?? refuseUnknown()
  if (isOver(token.expiresAt, clock.now())) refuseSigner('Request token is expired')
  return token
}

/** Letters and digits without those that people take for each other. */
const letters = 'abcdefghkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'

const verifierOf = (bytes: Buffer): string => [...bytes].map(byte => letters.charAt(byte % letters.length)).join('')
