import { describe, expect, test } from 'vitest'
import { withSecrets } from './domain-config.ts'

describe('a text that names a secret', () => {
  test.each([
    ['ldap://%(password)s@host', 'ldap://pass%word@host'],
    ['100%%', '100%'],
    ['plain', 'plain'],
    ['%(password)s and %(nothing)s', '%(password)s and %(nothing)s'],
    ['%(password)d', '%(password)d'],
    ['%(password', '%(password'],
    ['50%', '50%'],
    ['%(constructor)s', '%(constructor)s'],
  ])('%s becomes %s', (text, expected) => {
    expect(withSecrets(text, { password: 'pass%word' })).toBe(expected)
  })
})
