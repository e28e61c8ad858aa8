import { createHmac } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Payload, TokenFormat } from '../tokens/token.ts'
import { jwsTokens, setUpJwsKeys } from './jws-tokens.ts'

let parent = ''
let format: TokenFormat
const folders = () => ({ privateKeys: join(parent, 'private'), publicKeys: join(parent, 'public') })
beforeAll(() => {
  parent = mkdtempSync(join(tmpdir(), 'kilonova-jws-'))
  setUpJwsKeys(folders())
  format = jwsTokens(folders())
})
afterAll(() => rmSync(parent, { recursive: true }))

const payload: Payload = {
  userId: 'u1',
  methods: ['password', 'totp'],
  scope: { kind: 'project', projectId: 'p1' },
  trustId: undefined,
  accessTokenId: undefined,
  applicationCredentialId: 'c1',
  issuedAt: 1_700_000_000_000,
  expiresAt: 1_700_003_600_000,
  auditIds: ['AAAAAAAAAAAAAAAAAAAAAA'],
}
const part = (claims: object) => Buffer.from(JSON.stringify(claims)).toString('base64url')

describe('a JWS token', () => {
  test.each<Payload['scope']>([
    { kind: 'project', projectId: 'p1' },
    { kind: 'domain', domainId: 'd1' },
    { kind: 'system' },
    { kind: 'unscoped' },
  ])('on %j says what was put into it', scope => {
    expect(format.open(format.seal({ ...payload, scope }))).toEqual({ ...payload, scope })
  })

  test('carries the claims that Keystone reads', () => {
    const [head, body] = format.seal(payload).split('.')
    expect(JSON.parse(Buffer.from(head!, 'base64url').toString())).toEqual({ typ: 'JWT', alg: 'ES256' })
    expect(JSON.parse(Buffer.from(body!, 'base64url').toString())).toEqual({
      sub: 'u1',
      iat: 1_700_000_000,
      exp: 1_700_003_600,
      openstack_methods: ['password', 'totp'],
      openstack_audit_ids: ['AAAAAAAAAAAAAAAAAAAAAA'],
      openstack_project_id: 'p1',
      openstack_app_cred_id: 'c1',
    })
  })

  test('is not taken unsigned, signed with the public key as a secret, or changed', () => {
    const [head, body, signature] = format.seal(payload).split('.')
    const forged = part({ sub: 'admin', iat: 1, exp: 2e9, openstack_methods: [], openstack_audit_ids: [] })
    const secret = readFileSync(join(folders().publicKeys, 'public.pem'))
    const hs256 = `${part({ alg: 'HS256' })}.${forged}`
    for (const text of [
      `${part({ alg: 'none' })}.${forged}.`,
      `${hs256}.${createHmac('sha256', secret).update(hs256).digest('base64url')}`,
      `${head}.${forged}.${signature}`,
      `${head}.${body}`,
      `${head}.${body}.${signature}.x`,
      'a.b.c',
      '',
    ])
      expect(format.open(text)).toBeUndefined()
  })

  test('keys are set up once, and only we read them', () => {
    expect(setUpJwsKeys(folders())).toBe(false)
    expect(statSync(join(folders().privateKeys, 'private.pem')).mode & 0o777).toBe(0o600)
  })
})
