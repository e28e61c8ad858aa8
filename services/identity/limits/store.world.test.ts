import { type Suite, testOnServers } from '@kilonova/platform/sql/testing.ts'
import { expect, test } from 'vitest'
import { migrations } from '../migrations/all.ts'
import { registeredLimitStore } from '../registered-limits/store.ts'
import type { Tables } from '../tables.ts'
import type { Limit } from './limit.ts'
import { limitStore } from './store.ts'

const cause = { requestId: 'req-1', why: 'test' }
const cores = { serviceId: 's', regionId: null, resourceName: 'cores' }
const ofProject = (projectId: string, id = `of-${projectId}`): Limit => ({
  ...cores,
  id,
  registeredLimitId: 'r',
  projectId,
  domainId: null,
  resourceLimit: 2 ** 31 - 1,
  description: null,
})
const ofDomain = (domainId: string): Limit => ({ ...ofProject(''), id: `of-${domainId}`, projectId: null, domainId })

/** The join, the subquery and what each engine says of a row that is there already. */
const suite: Suite = open => {
  test('limits are found by their owners alike, and kept once each', async () => {
    const db = await open<Tables>(migrations)
    const store = limitStore(db)
    const limits = [ofProject('p1'), ofProject('p2'), ofDomain('d1'), ofDomain('d2')]
    await db.transaction(cause, async tx => {
      await registeredLimitStore(db).insert(tx, { ...cores, id: 'r', defaultLimit: -1, description: null })
      for (const id of ['p1', 'p2']) await tx.change([], sql => sql.insertInto('project').values(projectRow(id)).execute())
      for (const limit of limits) await store.insert(tx, limit)
    })

    expect(await store.list({ inDomain: 'd1' })).toEqual([ofDomain('d1'), ofProject('p1')])
    expect(await store.list({ projectId: 'p2' })).toEqual([ofProject('p2')])
    expect(await store.list({ inDomain: 'd1', projectId: 'p2' })).toEqual([])
    expect(await store.findRegistered(cores)).toEqual({ id: 'r', defaultLimit: -1 })
    const twin = db.transaction(cause, tx => store.insert(tx, ofProject('p1', 'twin')))
    await expect(twin).rejects.toMatchObject({ kind: 'conflict' })
    expect(await store.list()).toHaveLength(limits.length)
  })
}

const projectRow = (id: string) => ({
  id,
  name: id,
  name_folded: id,
  domain_id: id.replace('p', 'd'),
  parent_id: id.replace('p', 'd'),
  is_domain: 0,
  enabled: 1,
  description: '',
  options: '{}',
  extra: '{}',
})

testOnServers('limits', suite)
