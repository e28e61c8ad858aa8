import { describe, expect, test } from 'vitest'
import { checkWalls, wallsIn } from './check.ts'

const run = async (scripts: Record<string, string>) => {
  const said: string[] = []
  return { isWhole: await checkWalls(wallsIn(scripts), '.', line => said.push(line)), words: said.join('\n') }
}

describe('the walls together', () => {
  test('only scripts called walls are walls', () => {
    expect(wallsIn({ test: 'vitest', 'wall:types': 'tsc' })).toEqual([{ name: 'types', command: 'tsc' }])
  })

  test('a house whose walls hold says a line about each', async () => {
    const { isWhole, words } = await run({ 'wall:a': 'true', 'wall:b': 'echo quiet' })
    expect(isWhole).toBe(true)
    expect(words).toMatch(/holds {2}a .*s\n?/)
    expect(words).not.toContain('quiet')
  })

  test('the first broken wall is heard, the others are named', async () => {
    const { isWhole, words } = await run({ 'wall:a': 'true', 'wall:b': 'echo first; exit 3', 'wall:c': 'echo second >&2; exit 1' })
    expect(isWhole).toBe(false)
    expect(words).toContain('b:\nfirst')
    expect(words).not.toContain('second')
    expect(words).toContain('Also broken: npm run wall:c')
  })

  test('a house without walls is not whole', async () => {
    expect((await run({ test: 'true' })).isWhole).toBe(false)
  })
})
