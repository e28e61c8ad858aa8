import { argon2Sync } from 'node:crypto'
import { seededChance } from '@kilonova/platform/chance.ts'
import { describe, expect, test } from 'vitest'
import { type PasswordParts, passwords } from './passwords.ts'
import { queue } from './queue.ts'

const parts = (more: Partial<PasswordParts> = {}): PasswordParts => ({
  algorithm: 'bcrypt',
  rounds: 4,
  maxLength: 4096,
  strict: false,
  chance: seededChance(1),
  ...more,
})
const bcrypt = passwords(parts())

/** Made by passlib, which Keystone uses. */
const theirs = [
  ['secret', '$2b$04$.MrJFDuYt0ujI25qEN1p9.teZw.FKvyfsojAeFODwZtsYizwRoVHC'],
  ['x'.repeat(100), '$2y$04$lXiKvzFuF04bxAmAavBFJOQmyvj/OGZo8sICWcEA0wgCGBc4PeEGa'],
  ['secret', '$scrypt$ln=4,r=8,p=1$8X7P+f+/VwqBsDbG+P8fgw$tUoKBxkOjf7gDAMQv3fuxoz+CiwhKrr5MfO7E7FoY+M'],
  ['sécret', '$scrypt$ln=4,r=8,p=2$GeP8n/M$KHv8FX4hT5wy639jI1foT0OX7SMEOsvAJdV2Cvrs7oc'],
  [
    'secret',
    '$pbkdf2-sha512$1000$gpCS8l7rPQdAiHGOEWJs7Q$b723RuvK4PsDjbnAa3CEa9VqUjtiURWg6UssoGwHtwRIn6BxD7cJN5WpOzJyJxyDi/yq4h233u3hhRqLKusaoQ',
  ],
] as const

describe('a password', () => {
  test.each(theirs)('%s made by Keystone is taken (%s)', async (password, hashed) => {
    expect(await bcrypt.verify(password, hashed)).toBe(true)
    expect(await bcrypt.verify(`not ${password}`, hashed)).toBe(false)
  })

  test.each([
    ['bcrypt', 4, /^\$2b\$04\$/],
    ['scrypt', 4, /^\$scrypt\$ln=4,r=8,p=1\$[\w+/]{22}\$[\w+/]{43}$/],
    ['pbkdf2_sha512', 1000, /^\$pbkdf2-sha512\$1000\$[\w./]{22}\$[\w./]{86}$/],
  ] as const)('made by %s is taken by whichever algorithm is in use', async (algorithm, rounds, shape) => {
    const hashed = await passwords(parts({ algorithm, rounds })).hash('pässwörd')
    expect(hashed).toMatch(shape)
    expect(await bcrypt.verify('pässwörd', hashed)).toBe(true)
    expect(await bcrypt.verify('passwort', hashed)).toBe(false)
  })

  test('made by argon2id is taken', async () => {
    const [nonce, message] = [Buffer.alloc(16, 1), Buffer.from('secret')]
    const key = argon2Sync('argon2id', { message, nonce, memory: 64, passes: 1, parallelism: 1, tagLength: 32 })
    const encode = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
    const hashed = `$argon2id$v=19$m=64,t=1,p=1$${encode(nonce)}$${encode(key)}`
    expect(await bcrypt.verify('secret', hashed)).toBe(true)
    expect(await bcrypt.verify('Secret', hashed)).toBe(false)
  })

  test('is cut at 72 bytes for bcrypt, and at its greatest length for the others', async () => {
    const long = 'x'.repeat(100)
    expect(await bcrypt.verify(`${'x'.repeat(72)}y`, await bcrypt.hash(long))).toBe(true)
    const scrypt = passwords(parts({ algorithm: 'scrypt', maxLength: 90 }))
    const hashed = await scrypt.hash(long)
    expect(await scrypt.verify('x'.repeat(72), hashed)).toBe(false)
    expect(await scrypt.verify('x'.repeat(90), hashed)).toBe(true)
  })

  test('that is too long is refused where that is wished', () => {
    const strict = passwords(parts({ strict: true }))
    expect(() => strict.hash('x'.repeat(73))).toThrow('The password length must be less than or equal to 72.')
  })

  test('of nobody is never right', async () => {
    expect(await bcrypt.verify('secret', undefined)).toBe(false)
  })

  test('whose hash is of an unknown kind, or broken, is not taken', async () => {
    await expect(bcrypt.verify('secret', '$6$rounds=1000$salt$key')).rejects.toThrow('no password algorithm is called $6$')
    for (const hashed of ['$2b$04$', '$scrypt$', '$pbkdf2-sha512$x', '$argon2id$'])
      expect(await bcrypt.verify('secret', hashed)).toBe(false)
  })
})

describe('the line of passwords', () => {
  test('lets so many in at a time, in the order they came, and turns the rest away', async () => {
    const inTurn = queue(2, 2)
    const doors: (() => void)[] = []
    const begun: number[] = []
    const enter = (n: number) =>
      inTurn(async () => {
        begun.push(n)
        await new Promise<void>(resolve => doors.push(resolve))
        return n
      })
    const all = [enter(1), enter(2), enter(3), enter(4)]
    await expect(enter(5)).rejects.toThrow('Too many passwords are being checked')
    expect(begun).toEqual([1, 2])
    for (const n of [1, 2, 3, 4]) {
      doors.shift()?.()
      expect(await all[n - 1]).toBe(n)
    }
    expect(begun).toEqual([1, 2, 3, 4])
  })

  test('goes on after one that failed', async () => {
    const inTurn = queue(1, 1)
    await expect(inTurn(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
    expect(await inTurn(() => Promise.resolve('well'))).toBe('well')
  })
})
