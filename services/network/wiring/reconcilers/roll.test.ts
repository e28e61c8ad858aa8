import { expect, test } from 'vitest'
import { roll } from './roll.ts'

const silentMs = 75_000

function watched() {
  let now = 0
  const hosts = roll({ monotonic: () => now }, silentMs)
  return { ...hosts, wait: (ms: number) => (now += ms) }
}

test('a host lives until it was silent for long', () => {
  const hosts = watched()
  hosts.heard('node1')
  hosts.wait(silentMs - 1)
  expect(hosts.living().has('node1')).toBe(true)
  hosts.wait(1)
  expect(hosts.living().has('node1')).toBe(false)
})

test('who comes, comes back or falls silent is said once; who goes on saying that it lives is nothing new', () => {
  const hosts = watched()
  hosts.heard('node1')
  hosts.heard('node2')
  expect([hosts.hasOthers(), hosts.hasOthers()]).toEqual([true, false])
  hosts.wait(30_000)
  hosts.heard('node1')
  expect(hosts.hasOthers()).toBe(false)
  hosts.wait(50_000)
  expect([hosts.living().has('node1'), hosts.living().has('node2')]).toEqual([true, false])
  expect([hosts.hasOthers(), hosts.hasOthers()]).toEqual([true, false])
  hosts.heard('node2')
  expect(hosts.hasOthers()).toBe(true)
})

test('a host that was silent for long and speaks again is another, though nobody asked meanwhile', () => {
  const hosts = watched()
  hosts.heard('node1')
  hosts.hasOthers()
  hosts.wait(silentMs)
  hosts.heard('node1')
  expect(hosts.hasOthers()).toBe(true)
})
