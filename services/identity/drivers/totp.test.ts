import { describe, expect, test } from 'vitest'
import { isTotp, totpAt } from './totp.ts'

/** '12345678901234567890', the secret of the RFC's examples. */
const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'

describe('a one-time passcode', () => {
  test.each([
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_111_111_111, '050471'],
    [1_234_567_890, '005924'],
    [2_000_000_000, '279037'],
    [20_000_000_000, '353130'],
  ])('at %i seconds is %s', (seconds, passcode) => {
    expect(totpAt(secret, seconds * 1000)).toBe(passcode)
  })

  test('is taken now and one window later, not before and not after', () => {
    const taken = (seconds: number, windows = 1) => isTotp('287082', secret, seconds * 1000, windows)
    expect([29, 30, 59, 60, 89, 90].map(seconds => taken(seconds))).toEqual([false, true, true, true, true, false])
    expect(taken(60, 0)).toBe(false)
    expect(taken(149, 3)).toBe(true)
  })

  test('needs a secret in base32', () => {
    expect(totpAt('not base32!', 0)).toBeUndefined()
    expect(isTotp('', '', 0, 1)).toBe(false)
    expect(totpAt('JBSWY3DPEHPK3PXP', 0)).toBe('282760')
    expect(totpAt('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOI=', 59_000)).toMatch(/^\d{6}$/)
  })
})
