import { expect, test } from 'vitest'
import { contains, linkLocalOf, maskOf, networkOf, parseAddress, parseCidr, sizeOf, textOf } from './addresses.ts'

test('addresses are written as the kernel writes them', () => {
  for (const text of [
    '0.0.0.0',
    '192.168.56.100',
    'fe80::f816:3eff:fe00:1',
    '::',
    '::1',
    '2001:db8::',
    '2001:db8:0:1:1:1:1:1',
    'ff02::16',
    '1:0:0:2::3',
  ])
    expect(textOf(parseAddress(text) ?? -1n, text.includes(':') ? 6 : 4)).toBe(text)
})

test('what is no address is none', () => {
  for (const text of ['', '1.2.3', '1.2.3.256', 'a.b.c.d', '1::2::3', '1:2:3', 'fe80::g', '1:2:3:4:5:6:7:8:9'])
    expect(parseAddress(text)).toBeUndefined()
  for (const text of ['10.0.0.0/33', 'fe80::/129', '10.0.0.0/x', '10.0.0.0/-1']) expect(parseCidr(text)).toBeUndefined()
})

test('a CIDR contains its addresses and those of no other version', () => {
  expect(contains('10.0.0.0/24', '10.0.0.255')).toBe(true)
  expect(contains('10.0.0.0/24', '10.0.1.0')).toBe(false)
  expect(contains('10.0.0.0/24', '10.0.0.0/16')).toBe(false)
  expect(contains('0.0.0.0/0', '1.2.3.4')).toBe(true)
  expect(contains('::/0', '1.2.3.4')).toBe(false)
  expect(contains('2001:db8::/32', '2001:db8:ffff::1')).toBe(true)
})

test('a network is its address without host bits, with a mask and a size', () => {
  expect(networkOf('10.0.0.7/24')).toBe('10.0.0.0/24')
  expect(networkOf('2001:db8::7/64')).toBe('2001:db8::/64')
  expect([0, 8, 20, 32].map(maskOf)).toEqual(['0.0.0.0', '255.0.0.0', '255.255.240.0', '255.255.255.255'])
  expect(sizeOf({ version: 4, first: 0n, prefixLength: 24 })).toBe(256n)
})

test('a link-local address follows from the MAC address', () => {
  expect(linkLocalOf('fa:16:3e:00:00:01')).toBe('fe80::f816:3eff:fe00:1')
})
