import { seededChance } from '@kilonova/platform/chance.ts'
import { describe, expect, test } from 'vitest'
import type { Payload } from '../../tokens/token.ts'
import { openFernet, parseFernetKey, sealFernet } from './fernet.ts'
import { methodBits } from './methods.ts'
import { packPayload, type SealedPayload, unpackPayload } from './payload.ts'
import { fernetTokens } from './token-format.ts'

const key = parseFernetKey('cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=')
const methods = ['external', 'password', 'token', 'oauth1', 'mapped', 'application_credential']
const format = fernetTokens({ keys: () => [key], chance: seededChance(1), methods })

const user = '7a1f0c6d2f6b4b0c8d6f3b6e3f1d2c4a'
const project = 'b9e1d0c4a2f34c5d8e7f60718293a4b5'
const id = '0123456789abcdef0123456789abcdef'
const plain: Payload = {
  userId: user,
  methods: ['password'],
  scope: { kind: 'unscoped' },
  trustId: undefined,
  accessTokenId: undefined,
  applicationCredentialId: undefined,
  issuedAt: 1_700_000_000_000,
  expiresAt: 1_700_003_600_000,
  auditIds: ['AAAAAAAAAAAAAAAAAAAAAA'],
}
const onProject = { kind: 'project', projectId: project } as const
const federation = { groupIds: [id, 'staff'], identityProviderId: 'corp', protocolId: 'openid' }

const payloads: readonly (readonly [string, Payload & Pick<SealedPayload, 'federation'>])[] = [
  ['without a scope', plain],
  ['on a project', { ...plain, scope: onProject }],
  ['on a project whose id is no UUID', { ...plain, scope: { kind: 'project', projectId: 'demo' } }],
  ['on a domain', { ...plain, scope: { kind: 'domain', domainId: id } }],
  ['on the default domain', { ...plain, scope: { kind: 'domain', domainId: 'default' } }],
  ['on the system', { ...plain, scope: { kind: 'system' } }],
  ['of a user from a directory', { ...plain, userId: 'a'.repeat(64) }],
  ['of a trust', { ...plain, scope: onProject, trustId: id }],
  ['of OAuth', { ...plain, scope: onProject, accessTokenId: id }],
  ['of an application credential', { ...plain, scope: onProject, applicationCredentialId: id }],
  ['of two methods, in a chain', { ...plain, methods: ['token', 'password'], auditIds: [...plain.auditIds, '_____________________w'] }],
  ['of EC2', { ...plain, scope: onProject, methods: ['ec2credential'] }],
  ['with an end between two seconds', { ...plain, expiresAt: 1_700_003_600_123 }],
  ['of a federated user', { ...plain, federation }],
  ['of a federated user on a project', { ...plain, scope: onProject, federation }],
  ['of a federated user on a domain', { ...plain, scope: { kind: 'domain', domainId: 'default' }, federation }],
]

describe('a Fernet token', () => {
  test.each(payloads)('%s says what was put into it', (_, payload) => {
    expect(format.open(format.seal(payload))).toEqual(payload)
  })

  test('on a project stays below the 255 letters that databases keep', () => {
    expect(format.seal({ ...plain, scope: onProject }).length).toBeLessThan(255)
  })

  test('is opened with every method its number holds, the highest bit first', () => {
    const sealed = format.seal({ ...plain, methods: ['password', 'token', 'password'] })
    expect(format.open(sealed)?.methods).toEqual(['token', 'password'])
  })

  test('cannot be got with a method that has no bit', () => {
    expect(() => format.seal({ ...plain, methods: ['kerberos'] })).toThrow("'kerberos': it is not in [auth] methods")
  })

  test.each([
    ['a trust', { trustId: id }],
    ['an access token', { accessTokenId: id }],
    ['an application credential', { applicationCredentialId: id }],
  ])('of %s is for a project', (_, more) => {
    expect(() => format.seal({ ...plain, ...more })).toThrow('speaks for a project')
  })

  test('that holds something else is no token', () => {
    for (const bytes of [[0xc0], [0x93, 0, 1, 2], [0x91, 0x7f], [0xd9], []]) {
      expect(format.open(sealFernet(key, Uint8Array.from(bytes), 1, new Uint8Array(16)))).toBeUndefined()
    }
    expect(format.open('not a token')).toBeUndefined()
  })

  test('writes its end as a fraction, as Python does', () => {
    const packed = packPayload(plain, methodBits(methods)).toString('hex')
    // [0, [true, 16 bytes], 2, 1700003600.0, [16 bytes]]
    expect(packed).toBe(`9500${'92c3c410'}${user}02cb41d954ffc4000000${'91c410'}${'0'.repeat(32)}`)
    expect(unpackPayload(Buffer.from(packed, 'hex'), methodBits(methods)).expiresAt).toBe(plain.expiresAt)
  })

  test('bears the second it was issued in', () => {
    expect(openFernet([key], format.seal(plain))?.atS).toBe(1_700_000_000)
  })
})
