import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Trust } from '../trust.ts'

/** How often over a new trust may be handed on, when it hands on none itself or `parent`. `max` is `[trust] max_redelegation_count`. */
export function redelegationDepth(
  wish: { readonly allowed: boolean; readonly count: number | null | undefined; readonly remainingUses: number | null | undefined },
  parent: Trust | undefined,
  max: number,
): number {
  const { count, remainingUses } = wish
  if (!wish.allowed || count === 0) {
    if (remainingUses != null && remainingUses <= 0) throw new Refusal('invalid', 'remaining_uses must be a positive integer or null.')
    return 0
  }
  if (count != null && count > max)
    throw new Refusal('forbidden', `Requested redelegation depth of ${count} is greater than allowed ${max}`)
  if (remainingUses != null) throw new Refusal('invalid', 'remaining_uses must not be set if redelegation is allowed')
  if (!parent) return count ?? max
  const left = (parent.redelegationCount ?? 0) - 1
  if (count != null && count !== left)
    throw new Refusal('forbidden', 'Modifying "redelegation_count" upon redelegation is forbidden. Omitting this parameter is advised.')
  return left
}

/** Refuses a trust that gives more than the one it hands on, or hands on one that is not meant for it. */
export function mustBeWithin(parent: Trust, child: Pick<Trust, 'remainingUses' | 'expiresAt' | 'roleIds' | 'impersonation'>, max: number) {
  const depth = parent.redelegationCount ?? 0
  if (depth <= 0 || depth > max) refuse(`Remaining redelegation depth of ${depth} out of allowed range of [0..${max}]`)
  if (child.remainingUses !== null)
    refuse(`Field "remaining_uses" is set to ${child.remainingUses} while it must not be set in order to redelegate a trust`)
  if (parent.expiresAt !== null && (child.expiresAt === null || parent.expiresAt < child.expiresAt))
    refuse('Requested expiration time is more than redelegated trust can provide')
  if (child.roleIds.some(id => !parent.roleIds.includes(id))) refuse('Some of requested roles are not in redelegated trust')
  if (child.impersonation && !parent.impersonation)
    refuse(`Impersonation is not allowed because redelegated trust does not specify impersonation. Redelegated trust id: ${parent.id}`)
}

const refuse = (message: string): never => {
  throw new Refusal('forbidden', message)
}
