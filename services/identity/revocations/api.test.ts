import { describe, expect, test } from 'vitest'
import { bench } from '../kit.ts'
import { revocationApi } from './api.ts'
import { revocationLogic } from './logic.ts'
import { revocationStore } from './store.ts'

const cause = { requestId: 'req-1', why: 'test' }
const at = Date.parse('2026-01-01T12:00:00Z')

async function open() {
  let now = at
  let revoke: (narrowing: object) => Promise<void> = async () => {}
  const door = await bench(({ db, write, chance }) => {
    const logic = revocationLogic({ store: revocationStore(db), clock: { now: () => now }, chance, tokenLifeMs: 3_600_000 })
    revoke = narrowing => write(cause, tx => logic.revoke(tx, narrowing, cause))
    return revocationApi(logic)
  })
  await revoke({ userId: 'ann' })
  now += 60_000
  await revoke({ trustId: 't', accessTokenId: 'a' })
  return door
}

test('the events that ended tokens are listed, all or since a moment', async () => {
  const { ask, close } = await open()
  const list = async (query = '') => (await ask(`GET /v3/OS-REVOKE/events${query}`, { as: 'admin' })).body.events
  const first = { user_id: 'ann', issued_before: '2026-01-01T12:00:00.000000Z', revoked_at: '2026-01-01T12:00:00.000000Z' }
  const second = {
    'OS-TRUST:trust_id': 't',
    'OS-OAUTH1:access_token_id': 'a',
    issued_before: '2026-01-01T12:01:00.000000Z',
    revoked_at: '2026-01-01T12:01:00.000000Z',
  }
  expect(await list()).toEqual([first, second])
  expect(await list('?since=2026-01-01T12:00:30Z')).toEqual([second])
  expect(await list('?since=2026-01-01T13:01:00%2B01:00')).toEqual([second])
  expect((await ask('GET /v3/OS-REVOKE/events?since=lately', { as: 'admin' })).status).toBe(400)
  await close()
})

describe('who may', () => {
  test.each([
    [undefined, 401],
    ['member', 403],
    ['domain-admin', 200],
    ['admin', 200],
  ])('%s: %i', async (as, status) => {
    const { ask, close } = await open()
    expect((await ask('GET /v3/OS-REVOKE/events', as === undefined ? {} : { as })).status).toBe(status)
    await close()
  })
})
