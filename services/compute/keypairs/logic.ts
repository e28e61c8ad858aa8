import type { Cause } from '@kilonova/platform/cause.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { ApiWrite } from '../tables/api.ts'
import type { FreshKeypair, Keypair } from './keypair.ts'
import type { KeypairStore } from './store.ts'

export interface Rooms {
  readonly store: KeypairStore
  readonly write: ApiWrite
  readonly keys: {
    generate(): { readonly publicKey: string; readonly privateKey: string }
    certify(userId: string, nowMs: number): { readonly publicKey: string; readonly privateKey: string }
    fingerprint(type: Keypair['type'], publicKey: string): string | undefined
  }
  /** Refuses who has as many as they may. */
  readonly quotas: { mustAllowKeypair(projectId: string, userId: string): Promise<void> }
  readonly clock: Pick<Clock, 'now'>
}

export interface Wish extends Pick<Keypair, 'userId' | 'name' | 'type'> {
  /** Absent: one is generated. */
  readonly publicKey?: string | undefined
}

export interface Page {
  readonly limit: number
  readonly marker?: string | undefined
}

export const keypairLogic = ({ store, write, keys, quotas, clock }: Rooms) => ({
  async create({ publicKey, ...wish }: Wish, cause: Cause): Promise<FreshKeypair> {
    const made = () => (wish.type === 'x509' ? keys.certify(wish.userId, clock.now()) : keys.generate())
    const pair: { publicKey: string; privateKey?: string } = publicKey === undefined ? made() : { publicKey }
    const fingerprint = keys.fingerprint(wish.type, pair.publicKey)
    if (fingerprint === undefined) throw new Refusal('invalid', 'Keypair data is invalid: failed to generate fingerprint')
    await quotas.mustAllowKeypair(cause.projectId ?? '', wish.userId)
    return write(cause, async tx => {
      if (await store.find(wish.userId, wish.name, tx.read)) throw new Refusal('conflict', `Key pair '${wish.name}' already exists.`)
      const number = (await store.highestNumber(tx.read)) + 1
      const keypair = { ...wish, number, publicKey: pair.publicKey, fingerprint, createdAt: new Date(clock.now()).toISOString() }
      await store.insert(tx, keypair)
      return { ...keypair, privateKey: pair.privateKey }
    })
  },

  async list(userId: string, { limit, marker }: Page): Promise<readonly Keypair[]> {
    const all = await store.list(userId)
    const after = marker === undefined ? -1 : all.findIndex(({ name }) => name === marker)
    if (marker !== undefined && after < 0) throw new Refusal('invalid', `marker [${marker}] not found`)
    return all.slice(after + 1, after + 1 + limit)
  },

  async get(userId: string, name: string): Promise<Keypair> {
    const keypair = await store.find(userId, name)
    if (!keypair) throw absent(userId, name)
    return keypair
  },

  delete: (userId: string, name: string, cause: Cause): Promise<void> =>
    write(cause, async tx => {
      const keypair = await store.find(userId, name, tx.read)
      if (!keypair) throw absent(userId, name)
      await store.delete(tx, keypair)
    }),
})

export type KeypairLogic = ReturnType<typeof keypairLogic>

const absent = (userId: string, name: string) => new Refusal('not-found', `Keypair ${name} not found for user ${userId}`)
