import type { Cause } from '@kilonova/platform/cause.ts'
import type { Caller } from '@kilonova/platform/policy/caller.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Token } from '../../contract/token.ts'
import type { Ec2CredentialLogic } from '../../ec2-credentials/logic/ec2-credentials.ts'
import type { RevocationLogic } from '../../revocations/logic.ts'
import type { Write } from '../../tables.ts'
import type { Validated } from '../../tokens/token.ts'
import { authenticateWith, type Rooms as AuthenticateRooms } from './authenticate.ts'

export interface CatalogEntry {
  readonly id: string
  readonly type: string
  readonly name: string
  readonly endpoints: readonly {
    readonly id: string
    readonly interface: string
    readonly region: string | null
    readonly region_id: string | null
    readonly url: string
  }[]
}

export interface Rooms extends AuthenticateRooms {
  readonly revocations: RevocationLogic
  /** EC2 and S3 keys: whom a signature speaks for. */
  readonly keys: Pick<Ec2CredentialLogic, 'authenticate'>
  readonly write: Write
  /** Where a web server in front that the operator trusts names whom it has proved. */
  readonly trustedUserHeader?: string | undefined
  readonly catalog: { catalogFor(whose: { userId: string; projectId: string | undefined }): Promise<readonly CatalogEntry[]> }
}

/** A request as it was signed, in the words of the wire. */
export interface SignedByKey {
  readonly access: string
  readonly signature?: string | undefined
  readonly host?: string | undefined
  readonly verb?: string | undefined
  readonly path?: string | undefined
  readonly params?: Readonly<Record<string, string>> | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body_hash?: string | undefined
  readonly token?: string | undefined
}

/** Signing in and out, and what a token may be asked. */
export const authLogic = (rooms: Rooms) => ({
  authenticate: authenticateWith(rooms),
  trustedUserHeader: rooms.trustedUserHeader,

  /** The token an EC2 or S3 key stands for, for a request that was signed with it. */
  async authenticateKey(signed: SignedByKey, kind: 'ec2' | 's3', cause: Cause): Promise<{ text: string; token: Token }> {
    const { signature, body_hash: bodyHash, ...request } = signed
    if (!signature) throw new Refusal('unauthenticated', 'EC2 signature not supplied.')
    const { userId, projectId, trustId, applicationCredentialId, accessTokenId } = await rooms.keys.authenticate(
      { ...request, signature, bodyHash },
      kind,
    )
    if (trustId !== undefined) await rooms.trusts.consumeUse(trustId, cause)
    const scope = { kind: 'project', projectId } as const
    return rooms.tokens.issue({ userId, methods: ['ec2credential'], scope, trustId, applicationCredentialId, accessTokenId })
  },

  /** The token that somebody asks about; one with access rules is shown only to those who say that they keep to them. */
  async subject(
    text: string,
    { allowExpired = false, knowsAccessRules }: { allowExpired?: boolean; knowsAccessRules: boolean },
  ): Promise<Validated> {
    const validated = await rooms.tokens.validate(text, { allowExpired })
    if (validated.token.applicationCredential?.accessRules && !knowsAccessRules)
      throw new Refusal('not-found', 'Could not find token: it carries access rules that the asker does not know of.')
    return validated
  },

  revoke: ({ payload }: Validated, cause: Cause): Promise<void> =>
    rooms.write(cause, tx => rooms.revocations.revoke(tx, { auditId: payload.auditIds[0], userId: payload.userId }, cause)),

  /** A token without a scope has no catalog. */
  async catalogOf({ scope, user }: Token): Promise<readonly CatalogEntry[] | undefined> {
    if (scope.kind === 'unscoped') return undefined
    return rooms.catalog.catalogFor({ userId: user.id, projectId: scope.kind === 'project' ? scope.project.id : undefined })
  },

  catalogFor: (caller: Caller): Promise<readonly CatalogEntry[]> => {
    if (caller.projectId === undefined && caller.domainId === undefined && caller.systemScope === undefined)
      throw new Refusal('forbidden', 'You are not authorized to perform the requested action: get the catalog without a scope.')
    return rooms.catalog.catalogFor({ userId: caller.userId ?? '', projectId: caller.projectId })
  },

  hasSystemRole: async (userId: string): Promise<boolean> =>
    (await rooms.tokens.lookUp.rolesGiven(userId, { kind: 'system', id: 'system', above: [], domainId: '' })).length > 0,
})

export type AuthLogic = ReturnType<typeof authLogic>
