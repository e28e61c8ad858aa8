import { silentLog } from '@kilonova/platform/log/log.ts'
import { expect, test } from 'vitest'
import { projectAsker } from './projects.ts'

const answers = (status: number) => ({ ask: async () => ({ status, body: {}, header: () => undefined }) })

test('identity is asked with the token of whoever names the project', async () => {
  const asked: unknown[] = []
  const client = { ask: async (wish: object) => asked.push(wish) && { status: 200, body: {}, header: () => undefined } }
  expect(await projectAsker('http://identity', silentLog, client as Parameters<typeof projectAsker>[2]).mayBe('a/b', 'token')).toBe(true)
  expect(asked).toEqual([{ method: 'GET', path: '/v3/projects/a%2Fb', headers: { 'x-auth-token': 'token' } }])
})

test.each([
  ['there is none', 404, false],
  ['it may not say', 403, true],
  ['it fails itself', 500, true],
])('a project of which identity answers that %s is believed accordingly', async (_, status, believed) => {
  const client = answers(status) as Parameters<typeof projectAsker>[2]
  expect(await projectAsker('http://identity', silentLog, client).mayBe('p', 'token')).toBe(believed)
})

test('while identity is away, names of projects are believed', async () => {
  const client = { ask: () => Promise.reject(new Error('refused')) }
  expect(await projectAsker('http://identity', silentLog, client).mayBe('p', 'token')).toBe(true)
})
