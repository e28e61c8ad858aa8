import type { Cause } from '@kilonova/platform/cause.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { type Database, openDatabase } from '@kilonova/platform/sql/database.ts'
import type { Administrator } from '../bootstrap/logic.ts'
import { accessTokenStore } from '../access-tokens/store.ts'
import { consumerStore } from '../consumers/store.ts'
import { credentialStore } from '../credentials/store.ts'
import { domainConfigStore } from '../domain-configs/store.ts'
import { requestTokenStore } from '../request-tokens/store.ts'
import { rotateKeys, setUpKeys } from '../drivers/fernet/key-repository.ts'
import { expiryAt } from '../expiries/expiry.ts'
import { migrations } from '../migrations/all.ts'
import type { Tables } from '../tables.ts'
import { trustStore } from '../trusts/store.ts'
import { type BuildWish, build, keyRepositories, openCipher } from './build.ts'

/**
 * What `keystone-manage` does by hand, also while the service runs: keys are looked at again when their folder changes, and what is written
 * goes through the same log of changes.
 */
export interface ManageWish extends BuildWish {
  readonly databaseUrl: string
  readonly cause: Cause
}

type KeyWish = Pick<BuildWish, 'settings' | 'keyDir' | 'chance'>

export interface KeysSetUp {
  readonly folder: string
  /** Whether there were none before. */
  readonly made: boolean
}

export function setUpTokenKeys(wish: KeyWish): KeysSetUp {
  const { ofTokens } = keyRepositories(wish)
  return { folder: ofTokens.folder, made: setUpKeys(ofTokens, wish.chance) }
}

export function setUpCredentialKeys(wish: KeyWish): KeysSetUp {
  const { ofCredentials } = keyRepositories(wish)
  return { folder: ofCredentials.folder, made: setUpKeys(ofCredentials, wish.chance) }
}

export function rotateTokenKeys(wish: KeyWish) {
  const { ofTokens } = keyRepositories(wish)
  return { folder: ofTokens.folder, ...rotateKeys(ofTokens, wish.chance) }
}

/** Makes what is missing of an administrator; a line for each thing that was changed. */
export const bootstrap = (wish: ManageWish, administrator: Administrator): Promise<readonly string[]> =>
  withDatabase(wish, db => build(wish, db).bootstrap.ensureAdministrator(administrator, wish.cause))

/** Seals anew, with the key that seals now, whatever an older one sealed; says how many things that were. */
export const migrateCredentials = (wish: ManageWish): Promise<number> =>
  withDatabase(wish, db => {
    const { cipher, secrets } = openCipher(wish)
    const stores = [
      credentialStore(db, cipher),
      consumerStore(db, secrets),
      requestTokenStore(db, secrets),
      accessTokenStore(db, secrets),
      domainConfigStore(db, secrets),
    ]
    return db.transaction(wish.cause, async tx => {
      let count = 0
      for (const store of stores) count += await store.reseal(tx)
      return count
    })
  })

/** A new key seals credentials from now on. What the oldest one sealed is sealed anew first: it goes with the rotation. */
export async function rotateCredentialKeys(wish: ManageWish) {
  const resealed = await migrateCredentials(wish)
  const { ofCredentials } = keyRepositories(wish)
  return { folder: ofCredentials.folder, resealed, ...rotateKeys(ofCredentials, wish.chance) }
}

/** Throws away the rows of trusts that have ended or were deleted, and says how many there were. */
export const flushTrusts = (wish: ManageWish): Promise<number> =>
  withDatabase(wish, db => {
    const before = expiryAt(wish.clock.now())
    return db.transaction(wish.cause, tx => trustStore(db).prune(tx, before))
  })

async function withDatabase<R>({ databaseUrl, clock, chance }: ManageWish, use: (db: Database<Tables>) => Promise<R>): Promise<R> {
  const db = await openDatabase<Tables>({ url: databaseUrl, service: 'identity', migrations, clock, chance, log: silentLog })
  try {
    return await use(db)
  } finally {
    await db.close()
  }
}
