import type { Cause } from '@kilonova/platform/cause.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Credential } from '../../credentials/credential.ts'
import { type CredentialLogic, readKey } from '../../credentials/logic.ts'
import { parseExpiry } from '../../expiries/expiry.ts'
import type { Ec2Credential, SignedRequest, Signer } from '../ec2-credential.ts'
import type { Ec2CredentialStore } from '../store.ts'
import { type Digests, verifyEc2Signature, verifyS3Signature } from './signature.ts'

export interface Rooms {
  readonly credentials: Pick<CredentialLogic, 'findByAccess' | 'list' | 'create' | 'delete'>
  readonly store: Ec2CredentialStore
  readonly chance: Pick<Chance, 'hex'>
  readonly clock: Pick<Clock, 'now'>
  readonly digests: Digests
  /** How old a signature may be: `[credential] auth_ttl`. */
  readonly signatureLifeMs: number
}

/** EC2 key pairs, which lie among the credentials, and what is signed with them. */
export const ec2CredentialLogic = ({ credentials, store, chance, clock, digests, signatureLifeMs }: Rooms) => ({
  find: async (access: string): Promise<Ec2Credential | undefined> => {
    const found = await credentials.findByAccess(access)
    return found && toKeys(found)
  },

  async list(userId: string): Promise<readonly Ec2Credential[]> {
    await mustHaveUser(store, userId)
    return (await credentials.list({ userId, type: 'ec2' })).map(toKeys)
  },

  async create({ userId, projectId }: { userId: string; projectId: string }, cause: Cause): Promise<Ec2Credential> {
    await mustHaveUser(store, userId)
    if (!(await store.hasProject(projectId))) throw new Refusal('not-found', `Could not find project: ${projectId}.`)
    const blob = JSON.stringify({ access: chance.hex(), secret: chance.hex(), trust_id: null })
    return toKeys(await credentials.create({ userId, projectId, type: 'ec2', blob, extra: {} }, cause))
  },

  async delete(access: string, cause: Cause): Promise<void> {
    const found = (await credentials.findByAccess(access)) ?? refuseUnknown(access)
    await credentials.delete(found.id, cause)
  },

  /** Whom a signed request speaks for. `kind` says which service got it: they hand over different parts of it. */
  async authenticate(request: SignedRequest, kind: 'ec2' | 's3'): Promise<Signer> {
    const found = (await credentials.findByAccess(request.access)) ?? refuse('the access key is unknown')
    const key = readKey(found.blob)
    const verify = kind === 's3' ? verifyS3Signature : verifyEc2Signature
    if (!verify(request, key.secret, digests)) refuse('the signature does not fit')
    mustBeFresh(request, clock.now() - signatureLifeMs)
    return {
      userId: found.userId,
      projectId: found.projectId ?? refuse('the key has no project'),
      trustId: key.trust_id ?? undefined,
      applicationCredentialId: key.app_cred_id ?? undefined,
      accessTokenId: key.access_token_id ?? undefined,
    }
  },
})

export type Ec2CredentialLogic = ReturnType<typeof ec2CredentialLogic>

export const refuseUnknown = (access: string): never => {
  throw new Refusal('not-found', `Could not find credential: ${access}.`)
}

/** Callers are told nothing; the log is. */
function refuse(why: string): never {
  throw new Refusal('unauthenticated', 'The request you have made requires authentication.', { cause: new Error(why) })
}

async function mustHaveUser(store: Ec2CredentialStore, userId: string) {
  if (!(await store.hasUser(userId))) throw new Refusal('not-found', `Could not find user: ${userId}.`)
}

function toKeys({ userId, projectId, blob }: Credential): Ec2Credential {
  const { access, secret, trust_id } = readKey(blob)
  return { access, secret, userId, projectId: projectId ?? '', trustId: trust_id ?? null }
}

/** One that was signed without a time was meant to last. */
function mustBeFresh({ params = {}, headers = {} }: SignedRequest, oldest: number) {
  const time = params['Timestamp'] ?? headers['X-Amz-Date'] ?? params['X-Amz-Date']
  if (typeof time !== 'string' || time === '') return
  const spelled = time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z')
  const at = parseExpiry(spelled) ?? refuse('the time of the signature is no time')
  if (Date.parse(at) < oldest) refuse('the signature is too old')
}
