import type { TokenLookUp } from '../../tokens/logic.ts'
import type { PayloadScope } from '../../tokens/token.ts'
import type { Proved, ScopeWish } from '../auth.ts'
import { refuseMissing } from '../../wishes/wish.ts'
import { unproved } from './prove.ts'

export interface Scoped {
  readonly scope: PayloadScope
  readonly trustId?: string | undefined
  readonly trust?: Awaited<ReturnType<TokenLookUp['findTrust']>>
}

/** What the token is to speak for. What does not exist is refused in the same words as what may not be had. */
export async function scopeFor(store: TokenLookUp, wish: ScopeWish | 'unscoped' | undefined, proved: Proved): Promise<Scoped> {
  const { applicationCredential, access } = proved
  if (applicationCredential) return { scope: { kind: 'project', projectId: applicationCredential.projectId } }
  if (access) return { scope: { kind: 'project', projectId: access.projectId } }
  if (wish === 'unscoped') return { scope: { kind: 'unscoped' } }
  if (wish === undefined) return defaultScope(store, proved.userId)
  if (Object.values(wish).filter(kind => kind !== undefined).length !== 1)
    refuseMissing('system, project, domain, OS-TRUST:trust or unscoped', 'scope')
  if (wish.system) return { scope: { kind: 'system' } }
  const trustWish = wish['OS-TRUST:trust']
  if (trustWish) return trustScope(store, trustWish.id, proved.userId)
  if (wish.project) {
    const { id, name, domain } = wish.project
    if (id === undefined && name === undefined) refuseMissing('id or name', 'project')
    if (id === undefined && domain?.id === undefined && domain?.name === undefined) refuseMissing('domain', 'project')
    const projectId = id ?? (await store.findProjectId({ name: name ?? '', domainId: domain?.id, domainName: domain?.name })) ?? unproved()
    return { scope: { kind: 'project', projectId } }
  }
  if (wish.domain?.id === undefined && wish.domain?.name === undefined) refuseMissing('id or name', 'domain')
  const domainId = wish.domain?.id ?? (await store.findDomainId(wish.domain?.name ?? '')) ?? unproved()
  return { scope: { kind: 'domain', domainId } }
}

/** The user's default project where there is one in which it has a role; otherwise none. */
async function defaultScope(store: TokenLookUp, userId: string): Promise<Scoped> {
  const projectId = (await store.findSubject(userId))?.defaultProjectId
  const found = projectId ? await store.findProjectScope(projectId) : undefined
  if (!projectId || !found?.enabled) return { scope: { kind: 'unscoped' } }
  const above = await store.projectsAbove(found)
  const roles = await store.rolesGiven(userId, { kind: 'project', id: projectId, above, domainId: found.project.domain.id })
  return roles.length > 0 ? { scope: { kind: 'project', projectId } } : { scope: { kind: 'unscoped' } }
}

async function trustScope(store: TokenLookUp, trustId: string, userId: string): Promise<Scoped> {
  const trust = (await store.findTrust(trustId)) ?? unproved()
  if (trust.trusteeUserId !== userId) return unproved()
  const scope: PayloadScope = trust.projectId === null ? { kind: 'unscoped' } : { kind: 'project', projectId: trust.projectId }
  return { scope, trustId, trust }
}
