import { type Suite, testOnServers } from '@kilonova/platform/sql/testing.ts'
import { expect, test } from 'vitest'
import { migrations } from '../migrations/all.ts'
import type { Tables } from '../tables.ts'
import type { Project } from './project.ts'
import { projectStore } from './store.ts'

const cause = { requestId: 'req-1', why: 'test' }
const domain: Project = {
  id: 'd',
  name: 'd',
  domainId: null,
  parentId: null,
  isDomain: true,
  enabled: true,
  description: '',
  tags: [],
  options: {},
  extra: {},
}
const project = (id: string, parentId: string, tags: readonly string[] = []): Project => ({
  ...domain,
  id,
  name: id,
  domainId: 'd',
  parentId,
  isDomain: false,
  tags,
})
const ids = (projects: readonly Project[]) => projects.map(({ id }) => id)

/** The queries whose SQL goes beyond the plainest, on the engines whose SQL differs. */
const suite: Suite = open => {
  test('trees, tags and roles are found alike', async () => {
    const db = await open<Tables>(migrations)
    const store = projectStore(db)
    await db.transaction(cause, async tx => {
      for (const one of [domain, project('a', 'd', ['x', 'y']), project('b', 'a', ['x']), project('c', 'b')]) await store.insert(tx, one)
      await store.update(tx, { ...project('c', 'b', ['z']), enabled: false })
    })
    expect(ids(await store.listAbove(project('c', 'b')))).toEqual(['b', 'a', 'd'])
    expect(ids(await store.listBelow('a'))).toEqual(['b', 'c'])
    expect((await store.find('a'))?.tags).toEqual(['x', 'y'])
    expect(ids(await store.list({ tags: { all: ['x', 'y'] } }))).toEqual(['a'])
    expect(ids(await store.list({ isDomain: false, tags: { notAny: ['x'] } }))).toEqual(['c'])
    expect((await store.findByName('d', 'A'))?.id).toBe('a')

    await db.transaction(cause, tx =>
      tx.change([], async sql => {
        const given = { actor_type: 'user' as const, actor_id: 'u', role_id: 'r', target_type: 'project' as const }
        await sql
          .insertInto('assignment')
          .values({ ...given, target_id: 'a', inherited: 1 })
          .execute()
      }),
    )
    expect(ids(await store.listOfUser('u', { enabled: true }))).toEqual(['b'])
    expect(ids(await store.listOfUser('nobody'))).toEqual([])
  })

  test('a second project of a name, in whatever case, is a conflict', async () => {
    const db = await open<Tables>(migrations)
    const store = projectStore(db)
    const twice = db.transaction(cause, async tx => {
      await store.insert(tx, project('a', 'd'))
      await store.insert(tx, { ...project('b', 'd'), name: 'A' })
    })
    await expect(twice).rejects.toMatchObject({ kind: 'conflict' })
  })
}

testOnServers('projects', suite)
