import { expect, test } from 'vitest'
import { XdrReader, XdrWriter } from './xdr.ts'

test('what is written is read again, padded to four bytes', () => {
  const bytes = new XdrWriter()
    .u32(7)
    .i32(-1)
    .text('schön')
    .optionalText(undefined)
    .optionalText('a')
    .u64(2n ** 63n)
    .bytes()
  expect(bytes.length % 4).toBe(0)
  const reader = new XdrReader(bytes)
  expect([reader.u32(), reader.i32(), reader.text()]).toEqual([7, -1, 'schön'])
  expect([reader.optional(() => reader.text()), reader.optional(() => reader.text())]).toEqual([undefined, 'a'])
  expect(reader.u64()).toBe(2n ** 63n)
})

test('lengths that lie are refused', () => {
  const claims = (length: number) => new XdrReader(new XdrWriter().u32(length).u32(0).bytes())
  expect(() => claims(0xffff_ffff).text()).toThrow('more than libvirt sends')
  expect(() => claims(100).text()).toThrow('ends before')
  const list = claims(70_000)
  expect(() => list.list(() => list.u32())).toThrow('more than libvirt sends')
})
