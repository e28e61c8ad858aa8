import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Payload, PayloadScope, TokenFormat } from '../tokens/token.ts'

/**
 * Signed tokens (JWS, ES256) as Keystone's `[token] provider = jws` writes them: whoever has the public key can read and check them,
 * only the holder of `private.pem` can make one.
 */
export interface JwsFolders {
  /** Holds `private.pem`. */
  readonly privateKeys: string
  /** Holds the public key of every node that issues tokens, under any name. */
  readonly publicKeys: string
}

/** Makes a key pair where there is none, readable by us alone. Says whether it did something. */
export function setUpJwsKeys({ privateKeys, publicKeys }: JwsFolders): boolean {
  const path = join(privateKeys, 'private.pem')
  if (existsSync(path)) return false
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  for (const folder of [privateKeys, publicKeys]) mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileSync(join(publicKeys, 'public.pem'), pair.publicKey.export({ type: 'spki', format: 'pem' }), { mode: 0o600 })
  writeFileSync(path, pair.privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  return true
}

/** Reads the keys once, at start-up, as a new public key is announced by restarting; refuses to start without them. */
export function jwsTokens({ privateKeys, publicKeys }: JwsFolders): TokenFormat {
  const privateKey = createPrivateKey(readFileSync(join(privateKeys, 'private.pem')))
  const keys = readdirSync(publicKeys).map(name => createPublicKey(readFileSync(join(publicKeys, name))))
  if (keys.length === 0) throw new Error(`${publicKeys} holds no public key`)
  return {
    seal: payload => signJws(claimsOf(payload), privateKey),
    open: text => {
      const claims = openJws(text, keys)
      return claims && payloadIn(claims)
    },
  }
}

type Claims = Readonly<Record<string, unknown>>

const header = toPart({ typ: 'JWT', alg: 'ES256' })

function signJws(claims: Claims, key: KeyObject): string {
  const body = `${header}.${toPart(claims)}`
  return `${body}.${sign('sha256', Buffer.from(body), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

/** The claims of a text that one of the keys signed, with the one algorithm we know; never with the one a text asks for. */
function openJws(text: string, keys: readonly KeyObject[]): Claims | undefined {
  const [head = '', body = '', signature = '', ...more] = text.split('.')
  if (more.length > 0 || fromPart(head)?.['alg'] !== 'ES256') return undefined
  const [signed, proof] = [Buffer.from(`${head}.${body}`), Buffer.from(signature, 'base64url')]
  const isOurs = keys.some(key => verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, proof))
  return isOurs ? fromPart(body) : undefined
}

function toPart(claims: Claims): string {
  return Buffer.from(JSON.stringify(claims)).toString('base64url')
}

function fromPart(part: string): Claims | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    return typeof claims === 'object' && claims !== null ? (claims as Claims) : undefined
  } catch {
    return undefined
  }
}

// biome-ignore format: a claim a line
const claimsOf = ({ scope, ...payload }: Payload): Claims => ({
  sub:                       payload.userId,
  iat:                       Math.floor(payload.issuedAt / 1000),
  exp:                       Math.floor(payload.expiresAt / 1000),
  openstack_methods:         payload.methods,
  openstack_audit_ids:       payload.auditIds,
  openstack_system:          scope.kind === 'system' ? 'all' : undefined,
  openstack_domain_id:       scope.kind === 'domain' ? scope.domainId : undefined,
  openstack_project_id:      scope.kind === 'project' ? scope.projectId : undefined,
  openstack_trust_id:        payload.trustId,
  openstack_access_token_id: payload.accessTokenId,
  openstack_app_cred_id:     payload.applicationCredentialId,
})

/** Nothing when a claim that every token has is missing: a key of ours may have signed something else. */
function payloadIn(claims: Claims): Payload | undefined {
  const [userId, issuedAt, expiresAt] = [textIn(claims, 'sub'), claims['iat'], claims['exp']]
  const [methods, auditIds] = [textsIn(claims, 'openstack_methods'), textsIn(claims, 'openstack_audit_ids')]
  if (userId === undefined || typeof issuedAt !== 'number' || typeof expiresAt !== 'number' || !methods || !auditIds) return undefined
  return {
    userId,
    methods,
    auditIds,
    issuedAt: issuedAt * 1000,
    expiresAt: expiresAt * 1000,
    scope: scopeIn(claims),
    trustId: textIn(claims, 'openstack_trust_id'),
    accessTokenId: textIn(claims, 'openstack_access_token_id'),
    applicationCredentialId: textIn(claims, 'openstack_app_cred_id'),
  }
}

function scopeIn(claims: Claims): PayloadScope {
  const [projectId, domainId] = [textIn(claims, 'openstack_project_id'), textIn(claims, 'openstack_domain_id')]
  if (projectId !== undefined) return { kind: 'project', projectId }
  if (domainId !== undefined) return { kind: 'domain', domainId }
  return { kind: textIn(claims, 'openstack_system') === 'all' ? 'system' : 'unscoped' }
}

function textIn(claims: Claims, name: string): string | undefined {
  const value = claims[name]
  return typeof value === 'string' ? value : undefined
}

function textsIn(claims: Claims, name: string): readonly string[] | undefined {
  const value = claims[name]
  return Array.isArray(value) && value.every(one => typeof one === 'string') ? value : undefined
}
