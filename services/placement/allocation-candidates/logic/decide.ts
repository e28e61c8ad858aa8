import type { Amounts } from '../../allocations/allocation.ts'
import { capacityOf } from '../../inventories/inventory.ts'
import type { Landscape, Place } from '../../landscape/landscape.ts'
import { sharesViaAggregate } from '../../traits/trait/trait.ts'
import type { Candidate, CandidatesWish } from '../allocation-candidate.ts'
import { anchorsFor, type Choice, choicesOf, optionsAt } from './options.ts'

/**
 * Every way to meet a request, one after the other and each once: whoever needs only so many stops there. Pure: a landscape and a wish in,
 * candidates out.
 */
export function* candidatesIn(landscape: Landscape, wish: CandidatesWish): Generator<Candidate> {
  const choices = choicesOf(landscape, wish.groups)
  if (!choices) return
  // Only what is shared can be found at more than one anchor.
  const told = landscape.marked(sharesViaAggregate).size > 0 ? new Set<string>() : undefined
  const rules: Rules = { ...wish, repeats: repeats(choices) }
  for (const anchor of anchorsFor(landscape, wish)) {
    const options = optionsAt(anchor, choices)
    if (!options) continue
    for (const picks of ways(choices, options, rules)) {
      if (!isWhole(landscape, choices, picks, wish)) continue
      const candidate = candidateOf(choices, picks)
      if (told) {
        const name = nameOf(candidate)
        if (told.has(name)) continue
        told.add(name)
      }
      yield candidate
    }
  }
}

interface Rules extends Pick<CandidatesWish, 'isolate' | 'knowsTrees'> {
  /** Whether one class is asked for in several choices, which one provider may have to meet together. */
  readonly repeats: boolean
}

function repeats(choices: readonly Choice[]): boolean {
  const names = choices.flatMap(({ gives }) => gives.map(([name]) => name))
  return new Set(names).size < names.length
}

type Options = readonly (readonly Place[])[]

/** One provider for each choice, in all ways. */
function ways(choices: readonly Choice[], options: Options, rules: Rules): Iterable<readonly Place[]> {
  const isFree = rules.knowsTrees && !rules.isolate && !rules.repeats
  if (!isFree || options.some(one => one.length > 1)) return waysOn(choices, options, rules, [])
  return [options.flat()]
}

/** A way ends where a provider would have to give more than it has, or would be asked though it may not. */
function* waysOn(choices: readonly Choice[], options: Options, rules: Rules, picks: readonly Place[]): Generator<readonly Place[]> {
  const choice = choices[picks.length]
  if (!choice) {
    yield picks
    return
  }
  for (const place of options[picks.length] ?? [])
    if (mayTake(choices, picks, choice, place, rules)) yield* waysOn(choices, options, rules, [...picks, place])
}

function mayTake(choices: readonly Choice[], picks: readonly Place[], choice: Choice, place: Place, rules: Rules): boolean {
  for (const [index, other] of picks.entries()) {
    if (!rules.knowsTrees && other.rootUuid === place.rootUuid && other !== place) return false
    if (other === place && rules.isolate && choice.group.suffix !== '' && choices[index]?.group.suffix !== '') return false
  }
  if (!rules.repeats) return true
  return choice.gives.every(([resourceClass, amount]) => {
    const before = alreadyTaken(choices, picks, place, resourceClass)
    const inventory = place.stock.get(resourceClass)
    if (before === 0 || !inventory) return true
    return before + amount <= inventory.maxUnit && inventory.used + before + amount <= capacityOf(inventory)
  })
}

function alreadyTaken(choices: readonly Choice[], picks: readonly Place[], place: Place, resourceClass: string): number {
  let sum = 0
  for (const [index, other] of picks.entries())
    if (other === place) for (const [name, amount] of choices[index]?.gives ?? []) if (name === resourceClass) sum += amount
  return sum
}

/** What only shows when all choices are made: traits that count together, and groups that stay together. */
function isWhole(
  landscape: Landscape,
  choices: readonly Choice[],
  picks: readonly Place[],
  { groups, sameSubtrees }: CandidatesWish,
): boolean {
  const loose = groups.find(one => one.suffix === '')
  if (loose && loose.required.length > 0) {
    const isMarked = (name: string) => picks.some((place, index) => choices[index]?.group === loose && place.traits.has(name))
    if (!loose.required.every(any => any.some(isMarked))) return false
  }
  return sameSubtrees.every(suffixes => {
    const places = new Set(picks.filter((_, index) => suffixes.includes(choices[index]?.group.suffix ?? '')))
    return [...places].some(top => [...places].every(place => isBelow(landscape, place, top)))
  })
}

function isBelow(landscape: Landscape, place: Place, top: Place): boolean {
  for (let here: Place | undefined = place; here; here = here.parentUuid === null ? undefined : landscape.places.get(here.parentUuid))
    if (here === top) return true
  return false
}

function candidateOf(choices: readonly Choice[], picks: readonly Place[]): Candidate {
  const allocations = new Map<string, Record<string, number>>()
  const mappings: Record<string, string[]> = {}
  for (const [index, { uuid }] of picks.entries()) {
    const choice = choices[index]
    if (!choice) continue
    let amounts = allocations.get(uuid)
    if (!amounts && choice.gives.length > 0) {
      amounts = {}
      allocations.set(uuid, amounts)
    }
    if (amounts) for (const [resourceClass, amount] of choice.gives) amounts[resourceClass] = (amounts[resourceClass] ?? 0) + amount
    const met = mappings[choice.group.suffix]
    if (!met) mappings[choice.group.suffix] = [uuid]
    else if (!met.includes(uuid)) met.push(uuid)
  }
  return { allocations, mappings }
}

/** The same for the same candidate. */
export function nameOf({ allocations, mappings }: Candidate): string {
  const amountsOf = (amounts: Amounts) => Object.entries(amounts).sort(byFirst)
  const given = [...allocations].map(([uuid, amounts]) => [uuid, amountsOf(amounts)] as const).sort(byFirst)
  const met = Object.entries(mappings).map(([suffix, uuids]) => [suffix, uuids.toSorted()] as const)
  return JSON.stringify([given, met.sort(byFirst)])
}

const byFirst = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) => (a < b ? -1 : a > b ? 1 : 0)
