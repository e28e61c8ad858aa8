import type { Amounts } from '../../allocations/allocation.ts'
import { capacityOf } from '../../inventories/inventory.ts'
import type { Landscape, Place } from '../../landscape/landscape.ts'
import { sharesViaAggregate } from '../../traits/trait/trait.ts'
import type { Candidate, CandidatesWish } from '../allocation-candidate.ts'
import { anchorsFor, type Slot, slotsAt } from './options.ts'

/**
 * Every way to meet a request, one after the other and each once: whoever needs only so many stops there. Pure: a landscape and a wish in,
 * candidates out.
 */
export function* candidatesIn(landscape: Landscape, wish: CandidatesWish): Generator<Candidate> {
  // Only what is shared can be found at more than one anchor.
  const told = landscape.marked(sharesViaAggregate).size > 0 ? new Set<string>() : undefined
  for (const anchor of anchorsFor(landscape, wish)) {
    const slots = slotsAt(landscape, anchor, wish.groups)
    if (!slots) continue
    for (const picks of choices(slots, wish)) {
      if (!isWhole(landscape, slots, picks, wish)) continue
      const candidate = candidateOf(slots, picks)
      if (told) {
        const name = nameOf(candidate)
        if (told.has(name)) continue
        told.add(name)
      }
      yield candidate
    }
  }
}

/** One provider for each slot, in all ways; a way ends where a provider would have to give more than it has or lets itself be asked for. */
function* choices(slots: readonly Slot[], wish: CandidatesWish, picks: readonly Place[] = []): Generator<readonly Place[]> {
  const slot = slots[picks.length]
  if (!slot) {
    yield picks
    return
  }
  for (const place of slot.options) if (mayTake(slots, picks, slot, place, wish)) yield* choices(slots, wish, [...picks, place])
}

function mayTake(slots: readonly Slot[], picks: readonly Place[], slot: Slot, place: Place, { isolate, knowsTrees }: CandidatesWish) {
  for (const [index, other] of picks.entries()) {
    if (!knowsTrees && other.rootUuid === place.rootUuid && other !== place) return false
    if (other === place && isolate && slot.group.suffix !== '' && slots[index]?.group.suffix !== '') return false
  }
  return slot.gives.every(([resourceClass, amount]) => {
    const before = alreadyTaken(slots, picks, place, resourceClass)
    const inventory = place.stock.get(resourceClass)
    if (before === 0 || !inventory) return true
    return before + amount <= inventory.maxUnit && inventory.used + before + amount <= capacityOf(inventory)
  })
}

function alreadyTaken(slots: readonly Slot[], picks: readonly Place[], place: Place, resourceClass: string): number {
  let sum = 0
  for (const [index, other] of picks.entries())
    if (other === place) for (const [name, amount] of slots[index]?.gives ?? []) if (name === resourceClass) sum += amount
  return sum
}

/** What only shows when all choices are made: traits that count together, and groups that stay together. */
function isWhole(landscape: Landscape, slots: readonly Slot[], picks: readonly Place[], { groups, sameSubtrees }: CandidatesWish): boolean {
  const loose = groups.find(one => one.suffix === '')
  const isMarked = (name: string) => picks.some((place, index) => slots[index]?.group === loose && place.traits.has(name))
  if (loose && !loose.required.every(any => any.some(isMarked))) return false
  return sameSubtrees.every(suffixes => {
    const places = new Set(picks.filter((_, index) => suffixes.includes(slots[index]?.group.suffix ?? '')))
    return [...places].some(top => [...places].every(place => isBelow(landscape, place, top)))
  })
}

function isBelow(landscape: Landscape, place: Place, top: Place): boolean {
  for (let here: Place | undefined = place; here; here = here.parentUuid === null ? undefined : landscape.places.get(here.parentUuid))
    if (here === top) return true
  return false
}

function candidateOf(slots: readonly Slot[], picks: readonly Place[]): Candidate {
  const allocations = new Map<string, Record<string, number>>()
  const mappings: Record<string, string[]> = {}
  for (const [index, { uuid }] of picks.entries()) {
    const slot = slots[index]
    if (!slot) continue
    for (const [resourceClass, amount] of slot.gives) {
      const amounts = allocations.get(uuid) ?? {}
      amounts[resourceClass] = (amounts[resourceClass] ?? 0) + amount
      allocations.set(uuid, amounts)
    }
    const met = mappings[slot.group.suffix]
    if (!met) mappings[slot.group.suffix] = [uuid]
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
