import { describe, expect, test } from 'vitest'
import { element, find, parseXml, writeXml } from './xml.ts'

describe('XML', () => {
  test('keeps the order of unlike neighbours both ways', () => {
    const tree = element('d', {}, [element('disk', { n: 1 }), element('interface'), element('disk', { n: 2 })])
    expect(parseXml(writeXml(tree))).toEqual(tree)
  })

  test('finds the first element down a path', () => {
    expect(find(parseXml('<d><a/><b><c port="5900"/></b></d>'), 'b', 'c')?.attributes).toEqual({ port: '5900' })
    expect(find(parseXml('<d><a/></d>'), 'b', 'c')).toBeUndefined()
  })

  test.each([
    ['an element that is not closed', '<a><b></a>'],
    ['a document type', '<!DOCTYPE a><a/>'],
    ['an entity nobody declared', '<a>&lol;</a>'],
    ['nothing', ''],
    ['three hundred levels', '<a>'.repeat(300) + '</a>'.repeat(300)],
  ])('refuses %s', (_, text) => {
    expect(() => parseXml(text)).toThrow()
  })
})
