import type { Caller } from '@kilonova/platform/policy/caller.ts'
import type { Token } from './token.ts'

/** The caller that policy rules judge, as a token says it. */
export function callerOf(token: Token): Caller {
  const { scope, user } = token
  const project = scope.kind === 'project' ? scope.project : undefined
  const domain = scope.kind === 'domain' ? scope.domain : undefined
  return {
    userId: user.id,
    userDomainId: user.domain.id,
    projectId: project?.id,
    projectDomainId: project?.domain.id,
    domainId: domain?.id,
    systemScope: scope.kind === 'system' ? 'all' : undefined,
    roles: token.roles.map(role => role.name),
    trustId: token.trust?.id,
    trustorId: token.trust?.trustorUserId,
    trusteeId: token.trust?.trusteeUserId,
    applicationCredentialId: token.applicationCredential?.id,
    // What rules may read as `token.…`: the parts of the body that stock policies name.
    token: {
      user: { id: user.id, domain: { id: user.domain.id } },
      ...(project ? { project: { id: project.id, domain: { id: project.domain.id } } } : {}),
      ...(domain ? { domain: { id: domain.id } } : {}),
    },
  }
}
