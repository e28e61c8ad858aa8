import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { systemChance } from '@kilonova/platform/chance.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isoMicros, type Payload } from '../tokens/token.ts'
import { credentialCipher } from './fernet/credential-cipher.ts'
import { keyRing, readKeyFiles, rotateKeys, setUpKeys } from './fernet/key-repository.ts'
import type { SealedPayload } from './fernet/payload.ts'
import { fernetTokens } from './fernet/token-format.ts'
import { jwsTokens, setUpJwsKeys } from './jws-tokens.ts'
import { passwords } from './passwords/passwords.ts'

/** What one makes, the other takes: checked against Debian's Keystone (package python3-keystone), asked through ask-keystone.py. */
let keystone: ChildProcessByStdio<Writable, Readable, null>
let answers: AsyncIterator<string>
let folder = ''

async function ask(verb: string, more: object): Promise<unknown> {
  keystone.stdin.write(`${JSON.stringify({ verb, with: more })}\n`)
  const line = await answers.next()
  const { answer, error } = JSON.parse(line.value)
  if (error !== undefined) throw new Error(error)
  return answer
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kilonova-keystone-'))
  keystone = spawn('/usr/bin/python3', ['-W', 'ignore', join(import.meta.dirname, 'ask-keystone.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  answers = createInterface(keystone.stdout)[Symbol.asyncIterator]()
  await ask('configure', { group: 'fernet_tokens', key_repository: join(folder, 'tokens') })
  await ask('configure', { group: 'credential', key_repository: join(folder, 'credentials') })
  await ask('configure', {
    group: 'jwt_tokens',
    jws_private_key_repository: join(folder, 'private'),
    jws_public_key_repository: join(folder, 'public'),
  })
  setUpKeys({ folder: join(folder, 'tokens'), maxActiveKeys: 3 }, systemChance)
  setUpKeys({ folder: join(folder, 'credentials'), maxActiveKeys: 3 }, systemChance)
  setUpJwsKeys({ privateKeys: join(folder, 'private'), publicKeys: join(folder, 'public') })
})
afterAll(async () => {
  const gone = keystone && new Promise(resolve => keystone.once('exit', resolve))
  if (keystone?.kill()) await gone
  if (folder !== '') rmSync(folder, { recursive: true })
})

const id = (digit: string) => digit.repeat(32)
const plain: Payload = {
  userId: id('a'),
  methods: ['password'],
  scope: { kind: 'unscoped' },
  trustId: undefined,
  accessTokenId: undefined,
  applicationCredentialId: undefined,
  issuedAt: 1_700_000_000_000,
  expiresAt: 1_700_003_600_000,
  auditIds: ['wUhO7jIWTOuVFgJFnW4lcw', '3T2dc1CGQxyJsHdDu1xkcw'],
}
const onProject = { kind: 'project', projectId: id('b') } as const
const federation = { groupIds: [id('e'), 'staff'], identityProviderId: 'corp', protocolId: 'openid' }
type Whole = Payload & Pick<SealedPayload, 'federation'>

const tokens: readonly (readonly [shape: number, what: string, payload: Whole])[] = [
  [0, 'unscoped', plain],
  [0, 'of two methods', { ...plain, methods: ['token', 'password'] }],
  [0, 'of a directory user', { ...plain, userId: 'f'.repeat(64) }],
  [1, 'on a domain', { ...plain, scope: { kind: 'domain', domainId: id('c') } }],
  [1, 'on the default domain', { ...plain, scope: { kind: 'domain', domainId: 'default' } }],
  [2, 'on a project', { ...plain, scope: onProject }],
  [2, 'on a project by EC2', { ...plain, methods: ['ec2credential'], scope: onProject }],
  [3, 'of a trust', { ...plain, scope: onProject, trustId: id('d') }],
  [4, 'federated', { ...plain, methods: ['mapped'], federation }],
  [5, 'federated on a project', { ...plain, methods: ['mapped'], federation, scope: onProject }],
  [6, 'federated on a domain', { ...plain, methods: ['mapped'], federation, scope: { kind: 'domain', domainId: id('c') } }],
  [7, 'of OAuth', { ...plain, methods: ['oauth1'], scope: onProject, accessTokenId: id('d') }],
  [8, 'on the system', { ...plain, scope: { kind: 'system' } }],
  [
    9,
    'of an application credential',
    { ...plain, methods: ['application_credential'], scope: onProject, applicationCredentialId: id('d') },
  ],
]

/** The fields as Keystone names them; what does not apply is null. */
const asKeystone = ({ scope, ...token }: Whole) => ({
  user_id: token.userId,
  methods: token.methods,
  audit_ids: token.auditIds,
  system: scope.kind === 'system' ? 'all' : null,
  domain_id: scope.kind === 'domain' ? scope.domainId : null,
  project_id: scope.kind === 'project' ? scope.projectId : null,
  trust_id: token.trustId ?? null,
  federated_group_ids: token.federation?.groupIds.map(one => ({ id: one })) ?? null,
  identity_provider_id: token.federation?.identityProviderId ?? null,
  protocol_id: token.federation?.protocolId ?? null,
  access_token_id: token.accessTokenId ?? null,
  app_cred_id: token.applicationCredentialId ?? null,
  expires_at: isoMicros(token.expiresAt),
})

describe('a Fernet token', () => {
  const methods = ['external', 'password', 'token', 'oauth1', 'mapped', 'application_credential']
  const format = () => fernetTokens({ keys: keyRing(join(folder, 'tokens'), systemClock), chance: systemChance, methods })

  test.each(tokens)('of ours (shape %i, %s) is opened by Keystone', async (_, __, payload) => {
    const opened = await ask('open', { token: format().seal(payload) })
    expect(opened).toEqual({ ...asKeystone(payload), issued_at: isoMicros(payload.issuedAt) })
  })

  test.each(tokens)('of theirs (shape %i, %s) is opened by us', async (shape, _, payload) => {
    const sealed = await ask('seal', { shape, ...asKeystone(payload) })
    expect(format().open(String(sealed))).toEqual({ ...payload, issuedAt: expect.any(Number) })
  })
})

describe('a JWS token', () => {
  const format = () => jwsTokens({ privateKeys: join(folder, 'private'), publicKeys: join(folder, 'public') })
  const payload: Payload = { ...plain, scope: onProject }

  test('of ours is opened by Keystone', async () => {
    const opened = await ask('openJws', { token: format().seal(payload) })
    expect(opened).toEqual({ ...asKeystone(payload), issued_at: isoMicros(payload.issuedAt) })
  })

  test('of theirs is opened by us', async () => {
    const sealed = await ask('sealJws', asKeystone(payload))
    expect(format().open(String(sealed))).toEqual({ ...payload, issuedAt: expect.any(Number) })
  })
})

describe('a key repository', () => {
  test('set up by Keystone is rotated by us, and the other way round', async () => {
    const shared = join(folder, 'tokens')
    const staged = () => readKeyFiles(shared).at(-1)?.text
    const next = staged()
    await ask('rotateKeys', { folder: shared })
    expect(readKeyFiles(shared)[0]).toEqual({ index: 2, text: next })
    const afterNext = staged()
    rotateKeys({ folder: shared, maxActiveKeys: 3 }, systemChance)
    expect(readKeyFiles(shared)[0]).toEqual({ index: 3, text: afterNext })
    await ask('setUpKeys', { folder: shared })
    expect(readdirSync(shared).sort()).toEqual(['0', '2', '3'])
  })
})

describe('a credential', () => {
  const cipher = () => credentialCipher({ folder: join(folder, 'credentials'), clock: systemClock, chance: systemChance })

  test('sealed by us is opened by Keystone, and the other way round, under one hash', async () => {
    const ours = cipher().seal('{"access": "ä"}')
    expect(await ask('openCredential', { sealed: ours.sealed })).toBe('{"access": "ä"}')
    const [sealed, keyHash] = (await ask('sealCredential', { plain: 'x' })) as [string, string]
    expect([cipher().open(sealed), keyHash]).toEqual(['x', ours.keyHash])
  })
})

describe('a password', () => {
  test.each([
    ['bcrypt', 4],
    ['scrypt', 4],
    ['pbkdf2_sha512', 1000],
  ] as const)('made by %s is taken by both', async (algorithm, rounds) => {
    const ours = passwords({ algorithm, rounds, maxLength: 4096, strict: false, chance: systemChance })
    await ask('configure', { group: 'identity', password_hash_algorithm: algorithm, password_hash_rounds: rounds })
    for (const password of ['secret', 'pässwörd', 'x'.repeat(100), 'é'.repeat(50)]) {
      expect(await ask('checkPassword', { password, hashed: await ours.hash(password) })).toBe(true)
      const hashed = String(await ask('hashPassword', { password }))
      expect(await ours.verify(password, hashed)).toBe(true)
      expect(await ours.verify(`!${password}`, hashed)).toBe(false)
    }
  })
})
