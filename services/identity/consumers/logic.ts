import type { Cause } from '@kilonova/platform/cause.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Transaction, Write } from '../tables.ts'
import { refuseMissing } from '../wishes/wish.ts'
import type { Consumer, SignedRequest, Signatures } from './consumer.ts'
import type { ConsumerStore } from './store.ts'

export interface Rooms {
  readonly store: ConsumerStore
  readonly write: Write
  readonly chance: Pick<Chance, 'hex'>
  /** Those who refer to consumers: request tokens and access tokens. */
  readonly others: readonly { forgetConsumer(tx: Transaction, consumerId: string): Promise<void> }[]
}

export interface Wish {
  readonly description?: string | null | undefined
  readonly extra?: Readonly<Record<string, unknown>> | undefined
}

/** The rules of consumers: each has one secret for life. */
export const consumerLogic = ({ store, write, chance, others }: Rooms) => ({
  find: (id: string): Promise<Consumer | undefined> => store.find(id),

  async get(id: string): Promise<Consumer> {
    return (await store.find(id)) ?? refuseUnknown()
  },

  list: (): Promise<readonly Consumer[]> => store.list(),

  create: (wish: Wish, cause: Cause): Promise<Consumer> =>
    write(cause, async tx => {
      const consumer: Consumer = { id: chance.hex(), secret: chance.hex(), description: wish.description ?? null, extra: wish.extra ?? {} }
      await store.insert(tx, consumer)
      return consumer
    }),

  update: (id: string, { description, extra }: Wish, cause: Cause): Promise<Consumer> =>
    write(cause, async tx => {
      const before = (await store.find(id, tx.read)) ?? refuseUnknown()
      const consumer: Consumer = {
        ...before,
        description: description === undefined ? before.description : description,
        extra: { ...before.extra, ...extra },
      }
      await store.update(tx, consumer)
      return consumer
    }),

  delete: (id: string, cause: Cause): Promise<void> =>
    write(cause, async tx => {
      const consumer = (await store.find(id, tx.read)) ?? refuseUnknown()
      for (const other of others) await other.forgetConsumer(tx, id)
      await store.delete(tx, consumer)
    }),
})

export type ConsumerLogic = ReturnType<typeof consumerLogic>

const refuseUnknown = (): never => {
  throw new Refusal('not-found', 'Consumer not found')
}

/** Callers are told nothing; the log is. */
export function refuseSigner(why: string): never {
  throw new Refusal('unauthenticated', 'The request you have made requires authentication.', { cause: new Error(why) })
}

/** How far a signer's clock may be off. */
const toleranceMs = 600_000

/** Refuses a request that was not signed just now with these secrets. */
export function mustBeSigned(
  { signatures, clock }: { readonly signatures: Signatures; readonly clock: Pick<Clock, 'now'> },
  request: SignedRequest,
  secrets: { readonly consumer: string; readonly token: string },
): void {
  const given = signatures.read(request.authorization)
  for (const needed of ['oauth_nonce', 'oauth_signature_method', 'oauth_signature']) if (!given[needed]) refuseMissing(needed, 'request')
  const signedAt = Number(given['oauth_timestamp']) * 1000
  if (!(Math.abs(clock.now() - signedAt) <= toleranceMs)) refuseSigner('the time of the signature is too far off')
  if (!signatures.isRight(request, secrets)) refuseSigner('Invalid signature')
}
