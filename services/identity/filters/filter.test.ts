import { describe, expect, test } from 'vitest'
import { fits } from './filter.ts'

const names = ['nova', 'Nova-api', 'glance', null]
const kept = (query: object) => names.filter(fits<string | null>(query, { name: name => name }))

describe('a filter', () => {
  test.each([
    [{ name: 'nova' }, ['nova']],
    [{ name__contains: 'ov' }, ['nova', 'Nova-api']],
    [{ name__startswith: 'no' }, ['nova']],
    [{ name__istartswith: 'NO' }, ['nova', 'Nova-api']],
    [{ name__endswith: 'ce' }, ['glance']],
    [{ name__icontains: 'API' }, ['Nova-api']],
    [{ name__contains: ['o', 'api'] }, ['Nova-api']],
  ])('%o keeps %o', (query, left) => {
    expect(kept(query)).toEqual(left)
  })

  test.each<object>([{ colour: 'green' }, { name__sounds: 'nova' }, { constructor: 'x' }, { name__constructor: 'x' }])(
    '%o narrows nothing',
    query => {
      expect(kept(query)).toEqual(names)
    },
  )
})
