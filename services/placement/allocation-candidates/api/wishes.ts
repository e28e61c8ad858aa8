import type { Query } from '@kilonova/platform/http/endpoint.ts'
import { optional, required } from '@kilonova/platform/http/fields.ts'
import { integer, list, oneOf, text } from '@kilonova/platform/http/shape.ts'
import type { Varying } from '@kilonova/platform/ladder.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { type Grammar, readAllTraits, readInTree, readMemberOf, readResources, readTraits } from '../../requests/request.ts'
import { grammarOf, query, since, until, versions } from '../../versions.ts'
import type { CandidatesWish, Group } from '../allocation-candidate.ts'

const texts = list(text())
// Of a limit or a policy that is sent several times the first counts.
// biome-ignore format: a table of fields
const plainQuery = query({
  resources:     [until('1.24', required(text())), since('1.25', optional(text()))],
  limit:         since('1.16', optional(list(integer({ min: 1 })))),
  required:      since('1.17', optional(texts)),
  member_of:     since('1.21', optional(texts)),
  group_policy:  since('1.25', optional(list(oneOf('none', 'isolate')))),
  in_tree:       since('1.31', optional(text())),
  root_required: since('1.35', optional(texts)),
  same_subtree:  since('1.36', optional(texts)),
}, { extra: 'refuse' })

type Plain = NonNullable<(typeof plainQuery)['type']>
/** Besides its fields, those of groups with suffixes: `resources1`, `required_PORT`. */
export type Said = Plain & { readonly [name: string]: string | readonly (string | number)[] | undefined }

const sentOnceOrMore = { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] }

/** What a group's suffix may be: a number since 1.25, a word since 1.33. */
const suffixSince = [since('1.25', '[1-9][0-9]*'), since('1.33', '[a-zA-Z0-9_-]{1,64}')]
const suffixAt = (version: string) => suffixSince.findLast(span => versions.sees(version, span))?.what

export const candidatesQuery: Query<Said> = {
  rungs: [...plainQuery.rungs, '1.33'],
  schema: version => {
    const suffix = suffixAt(version)
    const words = ['resources', 'required', 'member_of', ...(versions.rank(version) >= versions.rank('1.31') ? ['in_tree'] : [])]
    const patterns = suffix === undefined ? {} : Object.fromEntries(words.map(word => [`^${word}${suffix}$`, sentOnceOrMore]))
    return { ...plainQuery.schema(version), patternProperties: patterns }
  },
}

const missing = { code: 'placement.query.missing_value' }
const bad = { code: 'placement.query.bad_value' }
const twice = { code: 'placement.query.duplicate_key' }

type At = <T>(varying: Varying<T>) => T | undefined

/** A wish from the words of the query. */
export function wishOf(said: Said, version: string, at: At): CandidatesWish {
  const grammar = grammarOf(at)
  const sameSubtrees = (said.same_subtree ?? []).map(suffixesOf)
  const root = rootOf(said.root_required ?? [])
  const groups = groupsOf(said, grammar, suffixAt(version))
  if (at(since('1.36', true))) mustStandTogether(groups, sameSubtrees)
  else mustHaveResources(groups)
  if (grammar.forbiddenTraits) mustBePossible(groups)
  if (said.group_policy === undefined && groups.filter(one => one.suffix !== '').length > 1)
    refuse('The "group_policy" parameter is required when specifying more than one "resources{N}" parameter.')
  return {
    groups,
    limit: said.limit?.[0],
    isolate: said.group_policy?.[0] === 'isolate',
    rootRequired: root.required,
    rootForbidden: root.forbidden,
    sameSubtrees,
    knowsTrees: at(since('1.29', true)) ?? false,
  }
}

function refuse(message: string, more: { code?: string } = {}): never {
  throw new Refusal('invalid', message, more)
}

function suffixesOf(value: string): readonly string[] {
  const suffixes = [...new Set(value.split(',').map(part => part.trim()))]
  if (suffixes.includes('')) refuse('Empty string (unsuffixed group) can not be specified in `same_subtree` ', bad)
  return suffixes
}

function rootOf([value, ...more]: readonly string[]) {
  if (value === undefined) return { required: [], forbidden: [] }
  if (more.length > 0) refuse("Query parameter 'root_required' may be specified only once.", twice)
  if (value.startsWith('in:')) readTraits([value], { ...allowed, anyTraits: false })
  const root = readAllTraits(value, true)
  const conflicts = root.required.filter(name => root.forbidden.includes(name))
  if (conflicts.length > 0) refuse(`Conflicting required and forbidden traits found in root_required: ${conflicts.join(', ')}`, bad)
  return root
}
const allowed: Grammar = { forbiddenTraits: true, anyTraits: true, severalMemberOf: true, forbiddenAggregates: true }

function groupsOf(said: Said, grammar: Grammar, suffixForm: string | undefined): readonly Group[] {
  const form = new RegExp(`^(?:resources|required|member_of|in_tree)(${suffixForm ?? ''})$`)
  const suffixes = new Set(
    Object.keys(said).flatMap(name => (/^(resources|required|member_of|in_tree)$/.test(name) ? [''] : (form.exec(name)?.[1] ?? []))),
  )
  return [...suffixes].map(suffix => {
    const values = (word: string): readonly string[] => {
      const value = said[word + suffix]
      return value === undefined ? [] : [value].flat().map(String)
    }
    const resources = values('resources').at(-1)
    const inTree = values('in_tree').at(-1)
    return {
      suffix,
      resources: resources === undefined ? {} : readResources(resources),
      ...readTraits(values('required'), grammar),
      ...readMemberOf(values('member_of'), grammar, suffix),
      inTree: inTree === undefined ? undefined : readInTree(inTree),
    }
  })
}

const isWithout = ({ resources }: Group) => Object.keys(resources).length === 0

/** Before 1.36 every group asks for resources. */
function mustHaveResources(groups: readonly Group[]) {
  const without = groups.filter(isWithout)
  const orphans = without.filter(one => one.required.length > 0).map(one => `required${one.suffix}`)
  if (orphans.length > 0)
    refuse(`All traits parameters must be associated with resources.  Found the following orphaned traits keys: ${orphans.join(', ')}`)
  const members = without.filter(one => one.memberOf.length + one.notMemberOf.length > 0).map(one => `member_of${one.suffix}`)
  if (members.length > 0)
    refuse(`All member_of parameters must be associated with resources. Found the following orphaned member_of keys: ${members.join(', ')}`)
  if (without.length > 0) refuse('All request groups must specify resources.')
  if (groups.length === 0) refuse('At least one request group (`resources` or `resources{$S}`) is required.')
}

/** Since 1.36 a group without resources says in which subtree it is. */
function mustStandTogether(groups: readonly Group[], sameSubtrees: readonly (readonly string[])[]) {
  const named = new Set(sameSubtrees.flat())
  const without = groups.filter(isWithout)
  if (without.length === groups.length) refuse('There must be at least one resources or resources[$S] parameter.', missing)
  const loose = without.filter(one => !named.has(one.suffix)).map(one => one.suffix)
  if (loose.length > 0)
    refuse(`Resourceless suffixed group request should be specified in \`same_subtree\` query param: bad group(s) - ${listed(loose)}.`, bad)
  const suffixes = groups.map(one => one.suffix)
  const unknown = [...named].filter(suffix => !suffixes.includes(suffix))
  if (unknown.length > 0)
    refuse(`Real suffixes should be specified in \`same_subtree\`: ${listed(unknown)} not found in ${listed(suffixes)}.`, bad)
}

function mustBePossible(groups: readonly Group[]) {
  const conflicts = groups.flatMap(({ suffix, required, forbidden }) =>
    required.filter(any => any.every(name => forbidden.includes(name))).map(any => `required${suffix}: (${any.toSorted().join(', ')})`),
  )
  if (conflicts.length > 0)
    refuse(`Conflicting required and forbidden traits found in the following traits keys: ${conflicts.toSorted().join(', ')}`)
}

const listed = (words: readonly string[]) => `[${words.map(word => `'${word}'`).join(', ')}]`
