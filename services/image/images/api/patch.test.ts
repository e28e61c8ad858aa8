import { Refusal } from '@kilonova/platform/refusal.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { partsOf, patchReader } from './patch.ts'
import { wordsIn } from './words.ts'

const refused = (work: () => unknown): string | undefined => {
  try {
    work()
    return undefined
  } catch (error) {
    if (error instanceof Refusal) return error.message
    throw error
  }
}
const read = patchReader({ disks: ['raw'], containers: ['bare'], mayHaveMore: true })
const newer = 'application/openstack-images-v2.1-json-patch'

describe('a JSON pointer', () => {
  test('written for any names reads as those names', () => {
    const name = fc.string({ minLength: 1, maxLength: 20 }).filter(text => text.trim() === text && text !== '')
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 3 }), names => {
        const pointer = `/${names.map(one => one.replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}`
        expect(partsOf(pointer)).toEqual(names)
      }),
    )
  })

  test.each(['', 'name', '/', '//', '/a//b', '/a/', '/a~', '/a~2', '/ /b', 5, null, undefined])('%j is refused', pointer => {
    expect(refused(() => partsOf(pointer))).toBeDefined()
  })
})

test('whatever comes as a patch is read or refused, and never anything else', () => {
  fc.assert(fc.property(fc.jsonValue(), body => void refused(() => read(body, newer))))
  const operation = fc.record(
    {
      op: fc.oneof(fc.constantFrom('add', 'replace', 'remove'), fc.anything()),
      path: fc.oneof(fc.string(), fc.anything()),
      value: fc.jsonValue(),
    },
    { requiredKeys: [] },
  )
  fc.assert(fc.property(fc.array(operation), body => void refused(() => read(body, newer))))
})

test.each([{ op: { toString: 1 } }, { op: 'add', path: { toString: null }, value: 1 }])('%j is refused, not stumbled over', operation => {
  expect(refused(() => read([operation], newer))).toContain('toString')
})

describe('the words of a filter', () => {
  test('come back whole when they were quoted', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), words => {
        const list = words.map(word => `"${word.replace(/["\\]/g, sign => `\\${sign}`)}"`).join(',')
        expect(wordsIn(list)).toEqual(words)
      }),
    )
  })

  test.each(['"a', 'a"b"', '"a"b'])('%s is refused', list => expect(refused(() => wordsIn(list))).toBeDefined())
})
