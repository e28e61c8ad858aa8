import { seededChance } from '@kilonova/platform/chance.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openFernet, parseFernetKey, sealFernet } from './fernet.ts'

// The example of the Fernet specification.
const key = parseFernetKey('cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=')
const atS = 499_162_800
const iv = Uint8Array.from({ length: 16 }, (_, at) => at)
const token = 'gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA=='

describe('a Fernet token', () => {
  test('is sealed as the specification says', () => {
    expect(sealFernet(key, Buffer.from('hello'), atS, iv)).toBe(token.replace(/=+$/, ''))
  })

  test('is opened with and without padding', () => {
    for (const text of [token, token.replace(/=+$/, '')]) {
      expect(openFernet([key], text)).toEqual({ atS, data: Buffer.from('hello') })
    }
  })

  test('opens with any of the keys, and with no other', () => {
    const other = parseFernetKey(Buffer.alloc(32, 7).toString('base64url'))
    expect(openFernet([other, key], token)?.data.toString()).toBe('hello')
    expect(openFernet([other], token)).toBeUndefined()
    expect(openFernet([], token)).toBeUndefined()
  })

  test('of any content opens to what was sealed, and of any other text to nothing', () => {
    const chance = seededChance(1)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), data => {
        expect(openFernet([key], sealFernet(key, data, atS, chance.bytes(16)))?.data).toEqual(Buffer.from(data))
      }),
    )
    fc.assert(
      fc.property(fc.string(), text => {
        expect(openFernet([key], text)).toBeUndefined()
      }),
    )
  })

  test('with one letter changed opens to nothing', () => {
    const sealed = sealFernet(key, Buffer.from('hello'), atS, iv)
    for (let at = 0; at < sealed.length - 1; at++) {
      const forged = `${sealed.slice(0, at)}${sealed[at] === 'x' ? 'y' : 'x'}${sealed.slice(at + 1)}`
      expect(openFernet([key], forged)).toBeUndefined()
    }
  })

  test('needs a key of 32 bytes, and the complaint does not repeat it', () => {
    expect(() => parseFernetKey('c2VjcmV0')).toThrow(/^a Fernet key is 32 bytes of base64url, not 6$/)
  })
})
