import { expect, test } from 'vitest'
import { ladder } from '../ladder.ts'
import { declarations } from './endpoint.ts'
import { text } from './shape.ts'
import { lasting, shows } from './view.ts'

const versions = ladder({ '1.0': 'the first', '1.1': 'says where' })
const { view, listView, since } = declarations(versions, (root, items, { next, self }) => ({
  [root]: items,
  self,
  ...(next === undefined ? {} : { next }),
  nothing: undefined,
}))

let looks = 0
const shown = shows<{ readonly name: string }>()
const plain = view('thing', {
  name: shown(text(), ({ name }) => {
    looks++
    return name
  }),
  where: since(
    '1.1',
    shown(text(), () => 'here'),
  ),
})
const at = (version: string) => ({ version, base: 'http://h', self: 'http://h/things?limit=2' })

test('a lasting view writes what the plain one renders, and looks at a thing once per version', () => {
  const [things, one] = [[{ name: '"a"' }, { name: 'b' }], lasting(plain, 'thing')]
  const listing = { items: things, next: 'b' }
  looks = 0
  const lists = [listView('things', one), listView('things', plain)] as const
  for (const version of ['1.0', '1.1', '1.0', '1.1'])
    expect(JSON.parse(lists[0].text?.(listing, at(version)) ?? '')).toEqual(
      JSON.parse(JSON.stringify(lists[0].render(listing, at(version)))),
    )
  expect(lists[0].text?.(listing, at('1.1'))).toBe(JSON.stringify(lists[1].render(listing, at('1.1'))))
  looks = 0
  expect(one.text?.(things[0] as { name: string }, at('1.1'))).toBe('{"thing":{"name":"\\"a\\"","where":"here"}}')
  expect(looks).toBe(0)
})
