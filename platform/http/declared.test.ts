import { expect, test } from 'vitest'
import { declaredBy } from './declared.ts'
import { type Endpoint, open } from './endpoint.ts'
import { endpoint, thingVersions } from './testing.ts'

interface Logics {
  readonly things: { list(): readonly unknown[]; readonly kinds: readonly string[] }
  readonly limit: number
}

const route = (path: string) => endpoint(`GET ${path}`, { summary: 'x', policy: open('x'), status: 200, run: () => {} })
const routes = ({ things, limit }: Logics): readonly Endpoint[] => [
  route('/always'),
  ...things.list().map(() => route('/per-thing')),
  ...(things.kinds.includes('round') ? [route('/where-set')] : []),
  ...(limit > 0 ? [route('/where-limited')] : []),
]

test('a service declares its routes without what answers them, those that hang on a setting too', async () => {
  const rooms = {
    routes: { routes },
    versions: { versions: thingVersions },
    policies: { policies: {} },
    faults: { spell: () => ({ body: '' }) },
  }
  const { endpoints } = await declaredBy(async room => rooms[room])
  expect(endpoints.flatMap(one => ('path' in one ? [one.path] : []))).toEqual(
    expect.arrayContaining(['/always', '/where-set', '/where-limited']),
  )
})
