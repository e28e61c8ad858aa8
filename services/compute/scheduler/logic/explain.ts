import type { CandidatesAsk, Provider } from '@kilonova/placement/contract/placement.ts'
import type { HostState } from '../scheduler/host.ts'
import type { Objection, ObjectionKind } from '../scheduler/request.ts'
import { disabledTrait } from './prefilter.ts'

/**
 * Why placement did not offer a host: the first of what it asks for that this host's provider cannot give, with the numbers. A host that
 * seems to give everything was beaten by another claim, or its resources stand in providers below it.
 */
export function whyNotOffered({ provider, disabledReason }: HostState, ask: CandidatesAsk): Objection | undefined {
  if (ask.rootForbidden.includes(disabledTrait) && provider.traits.has(disabledTrait))
    return { from: 'ComputeFilter', kind: 'disabled', says: `it is disabled${disabledReason === null ? '' : `: ${disabledReason}`}` }
  return ofRoom(provider, ask) ?? ofTraits(provider, ask) ?? ofAggregates(provider, ask)
}

function ofRoom({ stock }: Provider, { groups }: CandidatesAsk): Objection | undefined {
  for (const { resources } of groups)
    for (const [name, amount] of Object.entries(resources)) {
      const found = stock.get(name)
      const { kind, unit } = kinds[name] ?? { kind: 'resource' as const, unit: '' }
      const wanted = `${amount}${unit} of ${name} wanted`
      if (!found) return { from: name, kind, says: `${wanted}, it has none` }
      const { total, reserved, allocationRatio, used, maxUnit } = found
      const [free, terms] = [Math.floor((total - reserved) * allocationRatio - used), `${total}, ratio ${allocationRatio}`]
      const all = `${terms}${reserved > 0 ? `, ${reserved} reserved` : ''}, ${used} taken`
      if (free < amount) return { from: name, kind, says: `${wanted}, ${Math.max(0, free)}${unit} free (${all})` }
      if (amount > maxUnit) return { from: name, kind, says: `${wanted}, one server gets ${maxUnit}${unit} at most (${all})` }
    }
  return undefined
}

// biome-ignore format: a table
const kinds: Readonly<Record<string, { readonly kind: ObjectionKind; readonly unit: string }>> = {
  VCPU:      { kind: 'processors', unit: '' },
  PCPU:      { kind: 'processors', unit: '' },
  MEMORY_MB: { kind: 'memory',     unit: ' MiB' },
  DISK_GB:   { kind: 'disk',       unit: ' GiB' },
}

function ofTraits({ traits }: Provider, { groups, rootRequired, rootForbidden }: CandidatesAsk): Objection | undefined {
  const required = [...rootRequired, ...groups.flatMap(one => one.required)]
  const missing = required.find(name => !traits.has(name))
  if (missing !== undefined) {
    const isOfImage = missing.startsWith('COMPUTE_IMAGE_TYPE_')
    return { from: missing, kind: isOfImage ? 'image' : 'trait', says: `it has not the trait ${missing}` }
  }
  const barred = [...rootForbidden, ...groups.flatMap(one => one.forbidden)].find(name => traits.has(name))
  return barred === undefined ? undefined : { from: barred, kind: 'trait', says: `it has the trait ${barred}, which is forbidden` }
}

function ofAggregates({ aggregates }: Provider, { memberOf, notMemberOf }: CandidatesAsk): Objection | undefined {
  if (memberOf.some(any => !any.some(uuid => aggregates.has(uuid))))
    return { from: 'member_of', kind: 'aggregate', says: 'it is in none of the aggregates that the request is narrowed to' }
  if (notMemberOf.some(uuid => aggregates.has(uuid)))
    return { from: 'member_of', kind: 'isolated', says: 'one of its aggregates is kept for others' }
  return undefined
}
