import { processorsOf } from '@kilonova/hypervisor/contract/cpu-wishes.ts'
import type { AskedGroup } from '@kilonova/placement/contract/placement.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { ClaimAsk } from '../scheduler.ts'
import { impliedBy } from './implied.ts'

type Sized = Pick<ClaimAsk, 'flavor' | 'image'>

/** What a flavor takes of a host before its extra specs speak: a server that starts from a volume has no root disk there. */
export function plainResources({ flavor, image }: Sized): Readonly<Record<string, number>> {
  const disk = (image ? flavor.diskGb : 0) + flavor.ephemeralGb + Math.ceil(flavor.swapMb / 1024)
  const { vcpus, memoryMb, extraSpecs } = flavor
  const { VCPU, PCPU } = processorsOf({ vcpus, memoryMb, extraSpecs, imageProperties: image?.properties })
  // Those that are asked for by the name of their class are counted where they are asked for.
  const isNamed = Object.keys(extraSpecs).some(key => /^resources([1-9]\d*)?:PCPU$/.test(key))
  return { VCPU, PCPU: isNamed ? 0 : PCPU, MEMORY_MB: memoryMb, DISK_GB: disk }
}

interface Grown {
  readonly resources: Record<string, number>
  readonly required: Set<string>
  readonly forbidden: Set<string>
}

/**
 * What is asked of placement: the flavor's sizes, and what `resources:`, `resources1:`, `trait:` and `trait_gold:` of its extra specs say
 * above them; an amount of 0 takes a class out. Traits of the image are asked of the same host.
 */
export function groupsOf(ask: Sized): readonly AskedGroup[] {
  const groups = new Map<string, Grown>()
  const group = (suffix: string): Grown => {
    const found = groups.get(suffix) ?? { resources: {}, required: new Set(), forbidden: new Set() }
    groups.set(suffix, found)
    return found
  }
  const implied = impliedBy(ask)
  Object.assign(group('').resources, plainResources(ask), implied.resources)
  for (const name of implied.required) group('').required.add(name)
  for (const [key, value] of Object.entries(ask.flavor.extraSpecs)) {
    const [, what, suffix = '', name] = /^(resources|trait)([A-Za-z0-9_-]{0,64}):(.+)$/.exec(key) ?? []
    if (what === undefined || name === undefined) continue
    if (what === 'resources') group(suffix).resources[name] = amountOf(key, value)
    else mark(group(suffix), name, value)
  }
  for (const [key, value] of Object.entries(ask.image?.properties ?? {}))
    if (key.startsWith('trait:') && value === 'required') group('').required.add(key.slice('trait:'.length))
  return [...groups].map(([suffix, { resources, required, forbidden }]) => ({
    suffix,
    resources: Object.fromEntries(Object.entries(resources).filter(([, amount]) => amount > 0)),
    required: [...required],
    forbidden: [...forbidden],
  }))
}

export const groupPolicyOf = ({ flavor }: Sized) => flavor.extraSpecs['group_policy']

function mark({ required, forbidden }: Grown, name: string, value: string) {
  if (value === 'required') required.add(name)
  if (value === 'forbidden') forbidden.add(name)
}

function amountOf(key: string, value: string): number {
  const amount = Number(value)
  if (!Number.isInteger(amount) || amount < 0) throw new Refusal('invalid', `The extra spec ${key}=${value} is no amount.`)
  return amount
}
