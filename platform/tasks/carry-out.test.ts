import { expect } from 'vitest'
import { task } from './task.ts'
import { taskSuite } from './testing.ts'

interface Rooms {
  readonly things: Set<string>
}

const build = task<{ id: string }, Rooms>('sample.build')
  .step(
    'claim the ground',
    async ({ id }, { things }) => {
      things.add(`ground of ${id}`)
      return { ground: `ground of ${id}` }
    },
    async ({ id }, { things }) => void things.delete(`ground of ${id}`),
  )
  .step('look around', async () => {})
  .step(
    'raise the walls',
    async ({ ground }, { things }) => {
      if (!things.has(ground)) throw new Error('no ground')
      things.add('walls')
      return { walls: 4 }
    },
    async (_, { things }) => void things.delete('walls'),
  )
  .step(
    'put the roof on',
    async ({ walls }, { things }) => void things.add(`roof on ${walls}`),
    async (_, { things }) => void things.delete('roof on 4'),
  )

taskSuite(build, {
  input: { id: 'h1' },
  rooms: () => ({ things: new Set<string>() }),
  allThere: ({ things }) => expect([...things]).toEqual(['ground of h1', 'walls', 'roof on 4']),
  nothingLeft: ({ things }) => expect([...things]).toEqual([]),
})
