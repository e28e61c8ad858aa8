/** What of a change of identity's tells whose tokens it touches. */
export interface TouchingChange {
  readonly kind: string
  readonly act: string
  readonly id: string
  readonly userId?: string | undefined
}

/** Kinds of changes that touch tokens of one user only, when the change says whose. */
const personal = new Set([
  'identity.user',
  'identity.revocation',
  'identity.application_credential',
  'identity.membership',
  'identity.assignment',
])
/** Kinds whose creation alone cannot change a token that exists. */
const harmlessWhenNew = new Set([
  'identity.user',
  'identity.project',
  'identity.domain',
  'identity.group',
  'identity.role',
  'identity.credential',
])
/** Kinds that no token is made from. */
const unrelated = /^identity\.(region|service|endpoint|endpoint_group|policy|limit|registered_limit|credential|domain_config|task|consumer)/

/** Whose tokens may say something else, or nothing, since a change: for whoever keeps what tokens said. */
export function whoseTokens({ kind, act, id, userId }: TouchingChange): 'nobody' | 'everybody' | { readonly userId: string } {
  if (unrelated.test(kind) || (act === 'created' && harmlessWhenNew.has(kind))) return 'nobody'
  const whose = kind === 'identity.user' ? id : userId
  return personal.has(kind) && whose !== undefined ? { userId: whose } : 'everybody'
}
