import { decode } from '@msgpack/msgpack'
import type { Payload, PayloadScope } from '../../tokens/token.ts'
import { type Methods, methodsIn, sumOf } from './methods.ts'
import { type Packable, pack } from './pack.ts'
import { asArray, asAuditIds, asBytes, asId, asNumber, asText } from './unpacking.ts'

/**
 * The inside of a Fernet token, byte for byte as Keystone 22 writes it, so that either opens the other's. The first field says which
 * of ten shapes follows; all begin with the user and the methods, and hold the end and the audit ids.
 *
 * An id that is 32 hexadecimal digits is written as [true, 16 bytes], any other as [false, text].
 */
export interface Federation {
  readonly groupIds: readonly string[]
  readonly identityProviderId: string
  readonly protocolId: string
}

export type SealedPayload = Omit<Payload, 'issuedAt'> & { readonly federation?: Federation | undefined }

const shapes = {
  unscoped: 0,
  domain: 1,
  project: 2,
  trust: 3,
  federated: 4,
  federatedProject: 5,
  federatedDomain: 6,
  oauth: 7,
  system: 8,
  applicationCredential: 9,
} as const

export function packPayload(payload: SealedPayload, methods: Methods): Buffer {
  const [shape, before, after] = fieldsOf(payload)
  const expires = { float: payload.expiresAt / 1000 }
  const audit = payload.auditIds.map(id => Buffer.from(id, 'base64url'))
  return pack([{ whole: shape }, packId(payload.userId), { whole: sumOf(payload.methods, methods) }, ...before, expires, audit, ...after])
}

/** The shape, and its own fields: those before the end of the token's life and those after the audit ids. */
function fieldsOf({
  scope,
  trustId,
  accessTokenId,
  applicationCredentialId,
  federation,
}: SealedPayload): readonly [number, readonly Packable[], readonly Packable[]] {
  if (accessTokenId !== undefined) return [shapes.oauth, [packId(projectOf(scope)), packId(accessTokenId)], []]
  if (trustId !== undefined) return [shapes.trust, [packId(projectOf(scope))], [bytesOf(trustId) ?? refuseId(trustId)]]
  if (federation) return federatedFieldsOf(scope, federation)
  if (applicationCredentialId !== undefined)
    return [shapes.applicationCredential, [packId(projectOf(scope))], [packId(applicationCredentialId)]]
  switch (scope.kind) {
    case 'project':
      return [shapes.project, [packId(scope.projectId)], []]
    case 'domain':
      return [shapes.domain, [bytesOf(scope.domainId) ?? scope.domainId], []]
    case 'system':
      return [shapes.system, ['all'], []]
    case 'unscoped':
      return [shapes.unscoped, [], []]
  }
}

function federatedFieldsOf(scope: PayloadScope, federation: Federation): readonly [number, readonly Packable[], readonly Packable[]] {
  const who = [federation.groupIds.map(packId), packId(federation.identityProviderId), federation.protocolId]
  if (scope.kind === 'project') return [shapes.federatedProject, [packId(scope.projectId), ...who], []]
  if (scope.kind === 'domain') return [shapes.federatedDomain, [packId(scope.domainId), ...who], []]
  if (scope.kind === 'unscoped') return [shapes.federated, who, []]
  throw new Error('a federated token has no system scope')
}

const bytesOf = (id: string) => (/^[0-9a-f]{32}$/.test(id) ? Buffer.from(id, 'hex') : undefined)

const packId = (id: string): Packable => {
  const bytes = bytesOf(id)
  return bytes ? [true, bytes] : [false, id]
}

const refuseId = (id: string): never => {
  throw new Error(`a trust's id is 32 hexadecimal digits, not '${id}'`)
}

function projectOf(scope: PayloadScope): string {
  if (scope.kind === 'project') return scope.projectId
  throw new Error(`a trust, an application credential or an access token speaks for a project, not: ${scope.kind}`)
}

/** Throws a TypeError for bytes that are no payload. */
export function unpackPayload(bytes: Uint8Array, methods: Methods): SealedPayload {
  const [shape, user, sum, ...rest] = asArray(decode(bytes))
  const more = fieldsIn(asNumber(shape), rest)
  return {
    scope: { kind: 'unscoped' },
    trustId: undefined,
    accessTokenId: undefined,
    applicationCredentialId: undefined,
    ...more,
    userId: asId(user),
    methods: methodsIn(asNumber(sum), methods),
  }
}

type Unpacked = Pick<SealedPayload, 'expiresAt' | 'auditIds'> & Partial<SealedPayload>

function fieldsIn(shape: number, fields: readonly unknown[]): Unpacked {
  const end = (at: number) => ({ expiresAt: Math.round(asNumber(fields[at]) * 1000), auditIds: asAuditIds(fields[at + 1]) })
  const [first] = fields
  const project = () => ({ scope: { kind: 'project', projectId: asId(first) } as const })
  switch (shape) {
    case shapes.unscoped:
      return end(0)
    case shapes.domain:
      return { scope: { kind: 'domain', domainId: asPlainId(first) }, ...end(1) }
    case shapes.project:
      return { ...project(), ...end(1) }
    case shapes.trust:
      return { ...project(), ...end(1), trustId: asBytes(fields[3]).toString('hex') }
    case shapes.federated:
      return { federation: federationIn(fields), ...end(3) }
    case shapes.federatedProject:
      return { ...project(), federation: federationIn(fields.slice(1)), ...end(4) }
    case shapes.federatedDomain:
      return { scope: { kind: 'domain', domainId: asId(first) }, federation: federationIn(fields.slice(1)), ...end(4) }
    case shapes.oauth:
      return { ...project(), accessTokenId: asId(fields[1]), ...end(2) }
    case shapes.system:
      return { scope: { kind: 'system' }, ...end(1) }
    case shapes.applicationCredential:
      return { ...project(), ...end(1), applicationCredentialId: asId(fields[3]) }
    default:
      throw new TypeError(`no payload has shape ${shape}`)
  }
}

/** A domain stands bare: 16 bytes, or the text of a default domain that is no UUID. */
const asPlainId = (value: unknown) => (value instanceof Uint8Array && value.length === 16 ? asBytes(value).toString('hex') : asText(value))

const federationIn = ([groups, provider, protocol]: readonly unknown[]): Federation => ({
  groupIds: asArray(groups).map(asId),
  identityProviderId: asId(provider),
  protocolId: asText(protocol),
})
