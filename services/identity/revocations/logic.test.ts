import { describe, expect, test } from 'vitest'
import { emptyDatabase } from '../kit.ts'
import { revocationLogic } from './logic.ts'
import type { Revocable, Revocation } from './revocation.ts'
import { revocationStore } from './store.ts'

const cause = { requestId: 'req-1', why: 'test' }
const at = Date.parse('2026-01-01T12:00:00Z')
const token: Revocable = {
  issuedAt: at - 60_000,
  auditId: 'own',
  auditChainId: 'chain',
  userId: 'ann',
  projectId: 'p',
  domainId: undefined,
  trustId: 't',
  consumerId: undefined,
  accessTokenId: undefined,
}

async function open() {
  const db = await emptyDatabase()
  let now = at
  let serial = 0
  const store = revocationStore(db)
  const open = () =>
    revocationLogic({ store, clock: { now: () => now }, chance: { hex: () => `event-${serial++}` }, tokenLifeMs: 3_600_000 })
  const logic = open()
  const revoke = (narrowing: Partial<Revocation>) => db.transaction(cause, tx => logic.revoke(tx, narrowing, cause))
  return { db, store, logic, revoke, open, pass: (ms: number) => (now += ms) }
}

describe('an event ends the tokens that fit all it names', () => {
  // biome-ignore format: a table
  test.each<[Partial<Revocation>, boolean]>([
    [{},                                       true],
    [{ auditId: 'own' },                       true],
    [{ auditId: 'other' },                     false],
    [{ auditChainId: 'chain' },                true],
    [{ userId: 'ann' },                        true],
    [{ userId: 'bob' },                        false],
    [{ userId: 'ann', projectId: 'p' },        true],
    [{ userId: 'ann', projectId: 'q' },        false],
    [{ projectId: 'p' },                       true],
    [{ domainId: 'd' },                        false],
    [{ trustId: 't' },                         true],
    [{ accessTokenId: 'a' },                   false],
  ])('%j: %s', async (narrowing, ends) => {
    const { db, logic, revoke } = await open()
    await revoke(narrowing)
    expect(await logic.endedBy(token)).toBe(ends ? at : undefined)
    expect(await logic.endedBy({ ...token, issuedAt: at + 1 })).toBeUndefined()
    await db.close()
  })
})

test('an event that is known is seen without being read again, and one that was missed is read', async () => {
  const { db, store, logic, revoke, open: again } = await open()
  expect(await logic.endedBy(token)).toBeUndefined()
  await revoke({ userId: 'ann' })
  expect(await logic.endedBy(token)).toBeUndefined()
  logic.see((await store.list())[0])
  expect(await logic.endedBy(token)).toBe(at)
  const other = again()
  expect(await other.endedBy(token)).toBe(at)
  await db.close()
})

test('asking about a token looks at a handful of events, however many there are', async () => {
  const { db, logic, open: again } = await open()
  await logic.endedBy(token)
  const event = { issuedBefore: at, revokedAt: at, expiresAt: at + 3_600_000 }
  for (let index = 0; index < 100_000; index++) {
    let looks = 0
    const seen = Object.defineProperty({ ...event, id: `e${index}`, auditId: `audit ${index}` }, 'issuedBefore', {
      get: () => {
        looks++
        if (looks > 0) throw new Error(`the event of another token was looked at`)
        return at
      },
    })
    logic.see(seen)
  }
  logic.see({ ...event, id: 'mine', userId: 'ann' })
  expect(await logic.endedBy({ ...token, auditId: 'unknown' })).toBe(at)
  expect(await again().endedBy(token)).toBeUndefined()
  await db.close()
})

test('events that no living token can mean any more are forgotten, in memory and in the table', async () => {
  const { db, store, logic, revoke, pass } = await open()
  await revoke({ userId: 'ann' })
  pass(1_800_000)
  await revoke({ userId: 'bob' })
  expect(await logic.endedBy(token)).toBe(at)
  pass(1_800_001)
  await logic.prune(cause)
  expect((await store.list()).map(({ userId }) => userId)).toEqual(['bob'])
  expect(await logic.endedBy(token)).toBeUndefined()
  await db.close()
})
