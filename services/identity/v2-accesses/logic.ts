import type { Cause } from '@kilonova/platform/cause.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { AuthLogic, CatalogEntry } from '../auth/logic/auth.ts'
import type { Token } from '../contract/token.ts'
import type { Project } from '../projects/project.ts'
import type { ProjectLogic } from '../projects/logic.ts'
import type { V2Access } from './v2-access.ts'

export interface Rooms {
  readonly auth: Pick<AuthLogic, 'authenticate' | 'catalogOf'>
  readonly projects: Pick<ProjectLogic, 'listOfUser'>
  /** The one domain that version 2.0 speaks about. */
  readonly defaultDomainId: string
}

export interface V2Wish {
  readonly password?: { readonly userId?: string | undefined; readonly username?: string | undefined; readonly password: string }
  readonly tokenId?: string | undefined
  readonly tenantId?: string | undefined
  readonly tenantName?: string | undefined
}

/** Version 2.0 for what is left of its clients: signing in, in the default domain, by the same rules as ever. */
export const v2AccessLogic = ({ auth, projects, defaultDomainId }: Rooms) => {
  const accessOf = async (text: string, token: Token): Promise<V2Access> => {
    const domains = [token.user.domain.id, ...(token.scope.kind === 'project' ? [token.scope.project.domain.id] : [])]
    if (domains.some(id => id !== defaultDomainId) || token.scope.kind === 'domain' || token.scope.kind === 'system')
      throw new Refusal('unauthenticated', 'Non-default domain is not supported')
    const catalog: readonly CatalogEntry[] | undefined = await auth.catalogOf(token)
    return { text, token, catalog }
  }

  return {
    async signIn({ password: shown, tokenId, tenantId, tenantName }: V2Wish, cause: Cause): Promise<V2Access> {
      const domain = { id: defaultDomainId }
      const scope =
        tenantId !== undefined
          ? { project: { id: tenantId } }
          : tenantName !== undefined
            ? { project: { name: tenantName, domain } }
            : undefined
      const user = shown && (shown.userId === undefined ? { name: shown.username ?? '', domain } : { id: shown.userId })
      const proofs = shown ? { password: { user: { ...user, password: shown.password } } } : { token: { id: tokenId ?? '' } }
      const signedIn = await auth.authenticate(
        { methods: [shown ? 'password' : 'token'], proofs, scope: scope ?? (shown ? undefined : 'unscoped') },
        cause,
      )
      if ('receipt' in signedIn) throw new Refusal('unauthenticated', 'The request you have made requires authentication.')
      return await accessOf(signedIn.text, signedIn.token)
    },

    tenantsOf: async (userId: string): Promise<readonly Project[]> =>
      (await projects.listOfUser(userId, { domainIds: [defaultDomainId], enabled: true, isDomain: false })).items,
  }
}

export type V2AccessLogic = ReturnType<typeof v2AccessLogic>
