import { seededChance } from '@kilonova/platform/chance.ts'
import { expect, test } from 'vitest'
import { sealedInput, sealer } from './sealer.ts'

const here = sealer('the secret of the cloud', seededChance(1))
const elsewhere = sealer('the secret of the cloud', seededChance(2))

test('what one process seals every process of the cloud opens, and nobody else', () => {
  const sealed = here.seal('gehe1m – 🚀')
  expect(sealed).not.toContain('gehe1m')
  expect(elsewhere.open(sealed)).toBe('gehe1m – 🚀')
  expect(() => sealer('another secret', seededChance(1)).open(sealed)).toThrow()
  expect(() => here.open(`A${sealed.slice(1)}`)).toThrow()
})

test('the same text is sealed differently each time', () => {
  expect(here.seal('x')).not.toBe(here.seal('x'))
})

test('of a task’s input the passwords are sealed, and all else stays', () => {
  const sealed = sealedInput({ serverId: 's', adminPass: 'x', tried: [] }, here)
  expect(sealed).toEqual({ serverId: 's', adminPass: expect.any(String), tried: [] })
  expect(elsewhere.open(sealed.adminPass)).toBe('x')
  const plain = { serverId: 's' }
  expect(sealedInput(plain, here)).toBe(plain)
})
