import type { Body } from '@kilonova/platform/http/endpoint.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { canonicalUuid, isUuid } from '../../resource-providers/resource-provider.ts'
import { claimFields, claimRungs, claimsAt, type SaidClaims } from '../../versions/shapes.ts'
import { body } from '../../versions.ts'
import type { Amounts, Claim } from '../allocation.ts'

/** For whom a consumer takes when its client does not say (before 1.8). */
export interface Nobody {
  readonly projectId: string
  readonly userId: string
}

export const claimBody = body(null, claimFields)
type Said = NonNullable<(typeof claimBody)['type']>

/** What each of several consumers shall have, by consumer. */
export const claimsBody: Body<SaidClaims> = {
  root: null,
  rungs: claimRungs,
  undeclared: () => ({}),
  schema: version => ({ ...claimsAt(version), minProperties: 1 }),
}

export function claimOf(consumer: string, said: Said, nobody: Nobody): Claim {
  if (!isUuid(consumer)) throw new Refusal('invalid', `Malformed consumer_uuid: ${consumer}`)
  return {
    consumerUuid: canonicalUuid(consumer),
    allocations: amountsOf(said.allocations),
    projectId: said.project_id ?? nobody.projectId,
    userId: said.user_id ?? nobody.userId,
    generation: said.consumer_generation,
    type: said.consumer_type,
  }
}

export const claimsOf = (said: SaidClaims, nobody: Nobody): readonly Claim[] =>
  Object.entries(said).map(([consumer, one]) => claimOf(consumer, one, nobody))

function amountsOf(said: Said['allocations'] = []): Readonly<Record<string, Amounts>> {
  if (isList(said)) return Object.fromEntries(said.map(one => [canonicalUuid(one.resource_provider.uuid), one.resources]))
  return Object.fromEntries(Object.entries(said).map(([uuid, one]) => [canonicalUuid(uuid), one.resources]))
}

const isList = <L extends readonly unknown[]>(said: L | object): said is L => Array.isArray(said)
