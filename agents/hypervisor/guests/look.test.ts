import { expect, test } from 'vitest'
import { lastLines } from './look.ts'

test('the last lines of a console count an unfinished one', () => {
  expect(lastLines('a\nb\nlogin: ', 2)).toBe('b\nlogin: ')
  expect(lastLines('a\nb\nc\n', 2)).toBe('b\nc\n')
  expect(lastLines('a\nb\n', 9)).toBe('a\nb\n')
  expect(lastLines('a\nb\n', 0)).toBe('')
})
