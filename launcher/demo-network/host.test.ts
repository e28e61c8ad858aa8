import { expect, test } from 'vitest'
import { nameserversOf } from '../demo-network.ts'
import { fakeHost } from '../testing/fake-host.ts'
import { bridgeNames, freeBlock, outsideBlocks, routesOf, standUp } from './host.ts'

test('addresses outside are those that no route of the host leads to', () => {
  expect(freeBlock(outsideBlocks, ['192.0.2.0/24'])).toBe('172.24.4.0/24')
  expect(freeBlock(outsideBlocks, ['172.24.4.0/23', '172.24.6.77'])).toBe('172.24.7.0/24')
  expect(freeBlock(outsideBlocks, ['172.16.0.0/12'])).toBeUndefined()
})

test('what the host has is read from its routes and links', async () => {
  const answers: Readonly<Record<string, string>> = {
    route: 'default via 192.0.2.1 dev eth0\n192.0.2.0/24 dev eth0 scope link src 192.0.2.2\nlocal 127.0.0.1 dev lo table local\n',
    link: '1: lo: <UP> mtu 65536\n4: tap1@if2: <UP> mtu 1500\n',
  }
  const host = { run: async (_: string, args: readonly string[]) => ({ code: 0, out: answers[args[1] ?? ''] ?? '', err: '' }) }
  expect(await routesOf(host)).toEqual({ taken: ['192.0.2.1', '192.0.2.0/24', '127.0.0.1'], links: new Set(['lo', 'tap1']) })
})

test('the cloud of the machine has br-ex, others a bridge of a name that fits the kernel', () => {
  const [usual, own] = bridgeNames({ home: '/var/lib/kilonova', hint: '' })
  expect([usual, own?.length]).toEqual(['br-ex', 12])
  const [other] = bridgeNames({ home: '/somewhere/else', hint: ' --home /somewhere/else' })
  expect(other).toMatch(/^br-ex-[0-9a-z]{6}$/)
  expect(other).not.toBe(own)
})

test('a bridge of somebody else is left alone', async () => {
  const host = fakeHost({ programs: { ip: { out: '7: br-ex: <UP> mtu 1500' } } })
  await expect(standUp(host, { bridge: 'br-ex', cidr: '172.24.4.0/24', mark: 'kilonova-public:/x' })).rejects.toThrow(
    "br-ex is there already, and is not this cloud's",
  )
})

test('guests ask whom the host asks, unless only the host can ask there', () => {
  expect(nameserversOf('search x\nnameserver 127.0.0.53\nnameserver 192.0.2.53\nnameserver fd00::1\n')).toEqual(['192.0.2.53'])
})
