import { type Suite, testOnServers } from '@kilonova/platform/sql/testing.ts'
import { expect, test } from 'vitest'
import { migrations } from '../migrations/all.ts'
import type { Tables } from '../tables.ts'
import { userStore } from './store.ts'
import type { NewPassword, User } from './user.ts'

const cause = { requestId: 'req-1', why: 'test' }
const at = '2026-03-01T12:00:00.000000Z'
const user: User = {
  id: 'u',
  name: 'Ann',
  domainId: 'd',
  defaultProjectId: null,
  enabled: true,
  options: {},
  extra: {},
  createdAt: at,
  lastActiveAt: null,
  passwordExpiresAt: null,
}
const password = (hash: string): NewPassword => ({ hash, createdAt: at, expiresAt: at, isOwn: true })

/** The queries whose SQL goes beyond the plainest, on the engines whose SQL differs. */
const suite: Suite = open => {
  test('the password in force is the newest, and older ones go', async () => {
    const db = await open<Tables>(migrations)
    const store = userStore(db)
    await db.transaction(cause, async tx => {
      const row = { description: '', options: '{}', extra: '{}', enabled: 1, is_domain: 1, domain_id: '', parent_id: '' }
      await tx.change([], sql =>
        sql
          .insertInto('project')
          .values({ ...row, id: 'd', name: 'Realm', name_folded: 'realm' })
          .execute(),
      )
      await store.insert(tx, user, password('one'))
      await store.insertPassword(tx, user, password('two'), { ordinal: 2, keep: 2 })
      await store.insertPassword(tx, user, password('three'), { ordinal: 3, keep: 2 })
      await store.updateFailure(tx, 'u', { at, isFirst: false })
      await store.updateFailure(tx, 'u', { at, isFirst: false })
    })
    const login = await store.findLogin({ name: 'ANN', domain: { name: 'REALM' } })
    expect(login).toMatchObject({ id: 'u', passwordHash: 'three', passwordOrdinal: 3, isPasswordOwn: true, failedCount: 2, enabled: true })
    expect(await store.listPasswords('u', 5)).toEqual(['three', 'two'])
    expect((await store.list({ passwordExpires: [{ compare: '<=', at }], domainIds: ['d'], enabled: true })).length).toBe(1)
    expect(await store.list({ groupId: 'g' })).toEqual([])
  })

  test('of two who set a password after the same one, the second is refused', async () => {
    const db = await open<Tables>(migrations)
    const store = userStore(db)
    await db.transaction(cause, tx => store.insert(tx, user, password('one')))
    const change = (hash: string) =>
      db.transaction(cause, tx => store.insertPassword(tx, user, password(hash), { ordinal: 2, keep: 1 }).then(() => hash))
    const results = await Promise.allSettled([change('two'), change('three')])
    expect(results.map(one => one.status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(results.find(one => one.status === 'rejected')?.reason).toMatchObject({ kind: 'conflict' })
  })
}

testOnServers('users', suite)
