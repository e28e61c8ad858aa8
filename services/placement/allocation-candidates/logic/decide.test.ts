import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Inventory, usualTerms } from '../../inventories/inventory.ts'
import { emptyLandscape, type Landscape, type Place } from '../../landscape/landscape.ts'
import type { Candidate, CandidatesWish, Group } from '../allocation-candidate.ts'
import { candidatesIn, nameOf } from './decide.ts'

const shares = 'MISC_SHARES_VIA_AGGREGATE'

interface Drawn {
  readonly parent: number
  readonly stock: Readonly<Record<string, { readonly total: number; readonly used: number; readonly maxUnit: number }>>
  readonly traits: readonly string[]
  readonly aggregates: readonly string[]
}

/** A landscape of providers; a parent is one that was drawn before, or nobody. */
function landscapeOf(drawn: readonly Drawn[]): Landscape {
  const land = emptyLandscape()
  const roots: string[] = []
  for (const [index, { parent, stock, traits, aggregates }] of drawn.entries()) {
    const above = parent < index && parent >= 0 ? parent : undefined
    roots.push(above === undefined ? `p${index}` : (roots[above] ?? ''))
    const inventory = (resourceClass: string, one: { total: number; used: number; maxUnit: number }): Inventory => ({
      ...usualTerms,
      ...one,
      providerUuid: `p${index}`,
      resourceClass,
      changedAt: 0,
    })
    land.put({
      uuid: `p${index}`,
      name: `p${index}`,
      generation: 0,
      parentUuid: above === undefined ? null : `p${above}`,
      rootUuid: roots[index] ?? '',
      createdAt: 0,
      changedAt: 0,
      stock: new Map(Object.entries(stock).map(([name, one]) => [name, inventory(name, one)])),
      traits: new Set(traits),
      aggregates: new Set(aggregates),
    })
  }
  return land
}

const someOf = (...words: string[]) => fc.subarray(words)
const drawnProvider: fc.Arbitrary<Drawn> = fc.record({
  parent: fc.integer({ min: -3, max: 4 }),
  stock: fc.dictionary(
    fc.constantFrom('A', 'B'),
    fc.record({ total: fc.integer({ min: 1, max: 4 }), used: fc.integer({ min: 0, max: 2 }), maxUnit: fc.integer({ min: 1, max: 4 }) }),
    { maxKeys: 2 },
  ),
  traits: someOf('T', 'U', shares),
  aggregates: someOf('g', 'h'),
})

const conditions = {
  required: fc.array(fc.subarray(['T', 'U'], { minLength: 1 }), { maxLength: 2 }),
  forbidden: someOf('T', 'U').map(words => words.slice(0, 1)),
  memberOf: fc.array(fc.subarray(['g', 'h'], { minLength: 1 }), { maxLength: 1 }),
  notMemberOf: fc.constantFrom<readonly string[]>([], [], ['g'], ['h']),
  inTree: fc.constantFrom(undefined, undefined, undefined, 'p0', 'p2', 'nobody'),
}
const amounts = (least: number) => fc.dictionary(fc.constantFrom('A', 'B'), fc.integer({ min: 1, max: 3 }), { minKeys: least, maxKeys: 2 })
const loose: fc.Arbitrary<Group> = fc.record({ suffix: fc.constant(''), resources: amounts(1), ...conditions })
const tight = (suffix: string): fc.Arbitrary<Group> => fc.record({ suffix: fc.constant(suffix), resources: amounts(0), ...conditions })

const wishes: fc.Arbitrary<CandidatesWish> = fc
  .record({
    loose: fc.option(loose),
    tight: fc.tuple(fc.option(tight('1')), fc.option(tight('2'))),
    isolate: fc.boolean(),
    rootRequired: fc.constantFrom<readonly string[]>([], [], ['T']),
    rootForbidden: fc.constantFrom<readonly string[]>([], [], ['U']),
    together: fc.boolean(),
    knowsTrees: fc.boolean(),
  })
  .map(({ loose, tight, together, ...more }) => {
    const groups = [loose, ...tight].filter(one => one !== null)
    const suffixes = groups.map(one => one.suffix).filter(one => one !== '')
    return { ...more, groups, limit: undefined, sameSubtrees: together && suffixes.length > 1 ? [suffixes] : [] }
  })
  .filter(({ groups }) => groups.some(({ resources }) => Object.keys(resources).length > 0))

describe('the candidates of a request', () => {
  test('are those that trying everything finds, each once', () => {
    fc.assert(
      fc.property(fc.array(drawnProvider, { minLength: 1, maxLength: 5 }), wishes, (drawn, wish) => {
        const land = landscapeOf(drawn)
        const found = [...candidatesIn(land, wish)].map(nameOf)
        expect(new Set(found).size).toBe(found.length)
        expect(found.toSorted()).toEqual([...new Set(bruteForce(land, wish))].toSorted())
      }),
      { numRuns: 2_000 },
    )
  })

  test('are looked for no further than the limit', () => {
    const land = landscapeOf(
      Array.from({ length: 1_000 }, () => ({ parent: -1, stock: { A: { total: 4, used: 0, maxUnit: 4 } }, traits: [], aggregates: [] })),
    )
    const looked: string[] = []
    const all = land.having('A')
    const counting: Landscape = {
      ...land,
      having: () =>
        ({
          ...all,
          size: all.size,
          *values() {
            for (const place of all.values()) {
              looked.push(place.uuid)
              yield place
            }
            return undefined
          },
        }) as typeof all,
    }
    const group: Group = { suffix: '', resources: { A: 1 }, required: [], forbidden: [], memberOf: [], notMemberOf: [], inTree: undefined }
    const wish: CandidatesWish = {
      groups: [group],
      limit: 10,
      isolate: false,
      rootRequired: [],
      rootForbidden: [],
      sameSubtrees: [],
      knowsTrees: true,
    }
    const found: Candidate[] = []
    for (const candidate of candidatesIn(counting, wish)) if (found.push(candidate) === 10) break
    expect(looked).toHaveLength(10)
  })
})

/** Everything that could be picked at every root, and what the API promises of each pick, word for word. */
function bruteForce(land: Landscape, wish: CandidatesWish): readonly string[] {
  const all = [...land.places.values()]
  const names: string[] = []
  for (const root of all.filter(one => one.parentUuid === null)) {
    if (!wish.rootRequired.every(name => root.traits.has(name)) || wish.rootForbidden.some(name => root.traits.has(name))) continue
    const members = all.filter(one => one.rootUuid === root.uuid)
    const isShared = (one: Place) =>
      one.rootUuid !== root.uuid &&
      one.traits.has(shares) &&
      members.some(member => [...member.aggregates].some(uuid => one.aggregates.has(uuid)))
    const near = all.filter(one => members.includes(one) || isShared(one))
    const picks = wish.groups.flatMap(group =>
      group.suffix === ''
        ? Object.keys(group.resources).map(name => ({ group, names: [name] }))
        : [{ group, names: Object.keys(group.resources) }],
    )
    for (const way of waysOf(near, picks.length)) {
      const chosen = picks.map((pick, index) => ({ ...pick, place: way[index] ?? root }))
      if (isPromised(land, wish, root, chosen, isShared)) names.push(nameOf(written(chosen)))
    }
  }
  return names
}

interface Chosen {
  readonly group: Group
  readonly names: readonly string[]
  readonly place: Place
}

const waysOf = (near: readonly Place[], length: number): readonly (readonly Place[])[] =>
  length === 0 ? [[]] : waysOf(near, length - 1).flatMap(way => near.map(place => [...way, place]))

function isPromised(
  land: Landscape,
  wish: CandidatesWish,
  root: Place,
  chosen: readonly Chosen[],
  isShared: (one: Place) => boolean,
): boolean {
  for (const { group, names, place } of chosen) {
    for (const name of names) {
      const stock = place.stock.get(name)
      if (!stock) return false
      const amount = group.resources[name] ?? 0
      const inAll = chosen
        .filter(one => one.place === place && one.names.includes(name))
        .reduce((sum, one) => sum + (one.group.resources[name] ?? 0), 0)
      if (amount > stock.maxUnit || inAll > stock.maxUnit || stock.used + inAll > stock.total) return false
    }
    if (group.forbidden.some(name => place.traits.has(name))) return false
    const isIn = (one: Place) => group.memberOf.every(any => any.some(uuid => one.aggregates.has(uuid)))
    const isOut = (one: Place) => !group.notMemberOf.some(uuid => one.aggregates.has(uuid))
    const tree = group.inTree === undefined ? undefined : (land.places.get(group.inTree)?.rootUuid ?? 'nowhere')
    if (tree !== undefined && place.rootUuid !== tree) return false
    if (group.suffix === '') {
      if (tree !== undefined && root.uuid !== tree) return false
      if (!(isIn(place) || (!isShared(place) && group.memberOf.length > 0 && isIn(root)))) return false
      if (!isOut(place) || !isOut(root)) return false
    } else if (!isIn(place) || !isOut(place) || !group.required.every(any => any.some(name => place.traits.has(name)))) return false
  }
  for (const group of wish.groups.filter(one => one.suffix === ''))
    if (!group.required.every(any => any.some(name => chosen.some(one => one.group === group && one.place.traits.has(name))))) return false
  const tight = chosen.filter(one => one.group.suffix !== '').map(one => one.place)
  if (wish.isolate && new Set(tight).size !== tight.length) return false
  const places = new Set(chosen.map(one => one.place))
  if (!wish.knowsTrees && new Set([...places].map(one => one.rootUuid)).size !== places.size) return false
  const above = (one: Place): readonly Place[] => {
    const parent = one.parentUuid === null ? undefined : land.places.get(one.parentUuid)
    return parent ? [one, ...above(parent)] : [one]
  }
  return wish.sameSubtrees.every(suffixes => {
    const together = chosen.filter(one => suffixes.includes(one.group.suffix)).map(one => one.place)
    return together.some(top => together.every(one => above(one).includes(top)))
  })
}

function written(chosen: readonly Chosen[]): Candidate {
  const allocations = new Map<string, Record<string, number>>()
  const mappings: Record<string, string[]> = {}
  for (const { group, names, place } of chosen) {
    for (const name of names) {
      const given = allocations.get(place.uuid) ?? {}
      given[name] = (given[name] ?? 0) + (group.resources[name] ?? 0)
      allocations.set(place.uuid, given)
    }
    mappings[group.suffix] = [...new Set([...(mappings[group.suffix] ?? []), place.uuid])]
  }
  return { allocations, mappings }
}
