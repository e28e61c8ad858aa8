import { createHmac } from 'node:crypto'
import type { Chance } from '@kilonova/platform/chance.ts'
import { LRUCache } from 'lru-cache'
import type { VerifiedCache } from '../auth/auth.ts'

/**
 * Which passwords were right lately, as keyed digests of user, stored hash and password under a key that only this process has and that
 * dies with it. A changed password has another stored hash, so it is never taken for the old one. What is kept tells nothing without
 * the key; a login that is known costs a digest instead of a hash made to be slow.
 */
export function verifiedPasswords(chance: Pick<Chance, 'bytes'>, limit = 10_000, keepMs = 3_600_000): VerifiedCache {
  const key = chance.bytes(32)
  const known = new LRUCache<string, true>({ max: limit, ttl: keepMs })
  const digest = (userId: string, hash: string, password: string) =>
    createHmac('sha256', key).update(userId).update('\0').update(hash).update('\0').update(password).digest('base64')
  return {
    knows: (userId, hash, password) => known.has(digest(userId, hash, password)),
    remember: (userId, hash, password) => void known.set(digest(userId, hash, password), true),
  }
}
