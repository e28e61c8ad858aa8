import type { Chance } from '@kilonova/platform/chance.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Landscape, Place } from '../../landscape/landscape.ts'
import type { LandscapeLogic } from '../../landscape/logic.ts'
import type { ResourceClassLogic } from '../../resource-classes/logic.ts'
import { unknownClassText } from '../../resource-classes/resource-class/resource-class.ts'
import type { TraitLogic } from '../../traits/logic.ts'
import { unknownTraitText } from '../../traits/trait/trait.ts'
import type { Candidate, CandidatesWish } from '../allocation-candidate.ts'
import { candidatesIn } from './decide.ts'

export interface Rooms {
  readonly landscape: Pick<LandscapeLogic, 'current'>
  readonly classes: Pick<ResourceClassLogic, 'findUnknown'>
  readonly traits: Pick<TraitLogic, 'findUnknown'>
  readonly chance: Pick<Chance, 'fraction'>
  /** Whether a limit keeps any of the candidates, not the first. */
  readonly randomize: boolean
}

export interface Found {
  readonly candidates: readonly Candidate[]
  /** Who is to be told about: the trees of all providers that are used. */
  readonly places: readonly Place[]
}

export const candidateLogic = ({ landscape, classes, traits, chance, randomize }: Rooms) => ({
  async find(wish: CandidatesWish): Promise<Found> {
    await mustKnow(wish, { classes, traits })
    const land = await landscape.current()
    const candidates: Candidate[] = []
    for (const candidate of candidatesIn(land, wish)) {
      candidates.push(candidate)
      if (!randomize && candidates.length === wish.limit) break
    }
    const kept = randomize ? shuffled(candidates, chance).slice(0, wish.limit) : candidates
    return { candidates: kept, places: placesOf(land, kept, wish.knowsTrees || !land.hasTrees()) }
  },
})

export type CandidateLogic = ReturnType<typeof candidateLogic>

async function mustKnow({ groups, rootRequired, rootForbidden }: CandidatesWish, { classes, traits }: Pick<Rooms, 'classes' | 'traits'>) {
  const unknownClass = await classes.findUnknown([...new Set(groups.flatMap(({ resources }) => Object.keys(resources)))])
  if (unknownClass !== undefined)
    throw new Refusal('invalid', `Invalid resource class in resources parameter: ${unknownClassText(unknownClass)}`)
  const names = groups.flatMap(({ required, forbidden }) => [...required.flat(), ...forbidden])
  const unknownTrait = await traits.findUnknown([...new Set([...names, ...rootRequired, ...rootForbidden])])
  if (unknownTrait !== undefined) throw new Refusal('invalid', unknownTraitText(unknownTrait))
}

function placesOf(land: Landscape, candidates: readonly Candidate[], isWholeTrees: boolean): readonly Place[] {
  const used = new Set<Place>()
  for (const { allocations } of candidates)
    for (const uuid of allocations.keys()) {
      const place = land.places.get(uuid)
      if (place) used.add(place)
    }
  if (!isWholeTrees) return [...used]
  const roots = new Set([...used].map(place => place.rootUuid))
  return [...roots].flatMap(root => [...land.treeOf(root).values()])
}

/** Fisher and Yates. */
function shuffled<T>(items: readonly T[], chance: Pick<Chance, 'fraction'>): readonly T[] {
  const mixed = [...items]
  for (let end = mixed.length - 1; end > 0; end--) {
    const other = Math.floor(chance.fraction() * (end + 1))
    const [a, b] = [mixed[end], mixed[other]]
    if (a !== undefined && b !== undefined) [mixed[end], mixed[other]] = [b, a]
  }
  return mixed
}
