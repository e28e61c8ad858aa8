import type { Cause } from '@kilonova/platform/cause.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Token } from '../../contract/token.ts'
import type { AuthWish, Proved, Receipt, ReceiptFormat } from '../auth.ts'
import { urlUnsafe } from '../../projects/project.ts'
import type { Login } from '../../users/user.ts'
import { methods, type ProveRooms, unproved } from './prove.ts'
import { scopeFor } from './scope.ts'

export interface Rooms extends ProveRooms {
  readonly receipts: ReceiptFormat
  readonly receiptLifeMs: number
  /** The methods the operator allows: `[auth] methods`. */
  readonly allowed: readonly string[]
  /** Whether names that URLs cannot carry as they are keep their bearers out: `[resource] ..._name_url_safe = strict`. */
  readonly strictNames: { readonly projects: boolean; readonly domains: boolean }
  readonly trusts: { consumeUse(trustId: string, cause: Cause): Promise<void> }
}

export type SignedIn =
  | { readonly text: string; readonly token: Token }
  /** More proof is needed: what has been shown so far, sealed, and which sets of methods would do. */
  | { readonly receipt: string; readonly shown: Receipt; readonly required: readonly (readonly string[])[] }

/** Signing in: proof by one or several methods, then a scope, then a token, or a receipt where the user's rules want more methods. */
export const authenticateWith =
  (rooms: Rooms) =>
  async (wish: AuthWish, cause: Cause): Promise<SignedIn> => {
    mustNameSafely(wish, rooms.strictNames)
    const { proved, shown } = await proveAll(rooms, wish, cause)
    const login = proved.login ?? (await rooms.users.findForLogin({ id: proved.userId })) ?? unproved()
    if (!login.enabled) unproved()
    const required = missingFactors(login, shown, rooms.allowed)
    if (required) {
      const now = rooms.clock.now()
      const receipt: Receipt = { userId: login.id, methods: shown, issuedAt: now, expiresAt: now + rooms.receiptLifeMs }
      return { receipt: rooms.receipts.seal(receipt), shown: receipt, required }
    }
    const { scope, trustId, trust } = await scopeFor(rooms.tokens.lookUp, wish.scope, proved)
    const signedIn = await rooms.tokens.issue({
      userId: trust?.impersonation ? trust.trustorUserId : proved.userId,
      methods: shown,
      scope,
      trustId,
      accessTokenId: proved.access?.id,
      applicationCredentialId: proved.applicationCredential?.id,
      parent: proved.parent,
      endsBy: trust?.expiresAt ? Date.parse(trust.expiresAt) : proved.endsBy,
    })
    // Last, so that an attempt that comes to nothing costs no use.
    if (trustId !== undefined) await rooms.trusts.consumeUse(trustId, cause).catch(asUnproved)
    return signedIn
  }

function mustNameSafely({ scope, proofs }: AuthWish, strict: Rooms['strictNames']) {
  const { project, domain } = scope === 'unscoped' || scope === undefined ? {} : scope
  const users = [proofs.password?.user, proofs.totp?.user, proofs.application_credential?.user]
  const domains = [domain, project?.domain, ...users.map(user => user?.domain)].map(one => one?.name)
  const isUnsafe = (name: string | undefined) => name !== undefined && urlUnsafe(name) !== ''
  if ((strict.domains && domains.some(isUnsafe)) || (strict.projects && isUnsafe(project?.name)))
    unproved(new Error('a name contains characters that URLs reserve'))
}

const asUnproved = (error: unknown) => {
  if (error instanceof Refusal && error.kind === 'not-found') return unproved(error)
  throw error
}

async function proveAll(rooms: Rooms, wish: AuthWish, cause: Cause): Promise<{ proved: Proved; shown: readonly string[] }> {
  const earlier = wish.receipt === undefined ? undefined : (rooms.receipts.open(wish.receipt) ?? unproved())
  if (earlier && earlier.expiresAt <= rooms.clock.now()) unproved()
  const shown = new Set<string>(earlier?.methods)
  let proved: Proved | undefined
  for (const method of wish.methods) {
    const prove = rooms.allowed.includes(method) && Object.hasOwn(methods, method) ? methods[method] : undefined
    if (!prove) return unproved(new Error(`the authentication method ${method} is not supported`))
    const one = await prove(rooms, wish, cause)
    if ((proved ?? earlier) && (proved ?? earlier)?.userId !== one.userId) return unproved()
    proved = { ...proved, ...one }
    for (const name of [method, ...(one.methods ?? [])]) shown.add(name)
  }
  return { proved: proved ?? unproved(), shown: [...shown] }
}

/** The sets of methods of which one would do, when the user's rules want more than was shown. What the operator took away is not wanted. */
function missingFactors(
  { options }: Login,
  shown: readonly string[],
  allowed: readonly string[],
): readonly (readonly string[])[] | undefined {
  const rules = (options.multi_factor_auth_rules ?? []).filter(rule => rule.length > 0)
  if (options.multi_factor_auth_enabled === false || rules.length === 0) return undefined
  const isMet = (rule: readonly string[]) => rule.every(method => shown.includes(method) || !allowed.includes(method))
  return rules.some(isMet) ? undefined : rules
}
