import { describe, expect, test } from 'vitest'
import { contentRange, namesTag, rangeOf } from './range.ts'

describe('a range of a thing of 100 bytes', () => {
  test.each([
    ['bytes=0-9', { start: 0, end: 9 }],
    ['bytes=90-', { start: 90, end: 99 }],
    ['bytes=-10', { start: 90, end: 99 }],
    ['bytes=-1000', { start: 0, end: 99 }],
    ['bytes=50-1000', { start: 50, end: 99 }],
    ['Bytes=99-99', { start: 99, end: 99 }],
    ['bytes=100-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=9-0', undefined],
    ['bytes=-', undefined],
    ['bytes=a-b', undefined],
    ['bytes=0-1,5-6', undefined],
    ['lines=0-1', undefined],
    [undefined, undefined],
  ])('%s is %j', (header, range) => {
    expect(rangeOf(header, 100)).toEqual(range)
  })

  test('of nothing at all cannot be served', () => {
    expect([rangeOf('bytes=0-', 0), rangeOf('bytes=-5', 0)]).toEqual(['unsatisfiable', 'unsatisfiable'])
  })

  test('is said with the whole size', () => {
    expect([contentRange({ start: 0, end: 9 }, 100), contentRange('unsatisfiable', 100)]).toEqual(['bytes 0-9/100', 'bytes */100'])
  })
})

test.each([
  ['"a", "b"', true],
  ['W/"b"', true],
  ['b', true],
  ['*', true],
  ['"c"', false],
  [undefined, false],
])('the condition %s names the tag b: %s', (header, names) => {
  expect(namesTag(header, '"b"')).toBe(names)
})
