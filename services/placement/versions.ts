import { declarations } from '@kilonova/platform/http/endpoint.ts'
import { ladder, type Varying } from '@kilonova/platform/ladder.ts'

/** Placement's microversions, all of them, each with what it is for. */
export const versions = ladder({
  '1.0': 'resource providers, their inventories and usages, and what consumers are allocated',
  '1.1': 'providers are members of aggregates',
  '1.2': 'operators add resource classes of their own',
  '1.3': 'providers are listed by the aggregates they are in',
  '1.4': 'providers are listed by the resources they have left',
  '1.5': 'all inventories of a provider are deleted at once',
  '1.6': 'providers have traits',
  '1.7': 'putting a resource class creates it, or says that it is there',
  '1.8': 'an allocation names the project and the user it is for',
  '1.9': 'usages of a project, or of one of its users',
  '1.10': 'allocation candidates: where a request could be met',
  '1.11': 'a provider links to its allocations',
  '1.12': 'allocations are written as they are read, by provider',
  '1.13': 'allocations of several consumers are written at once',
  '1.14': 'providers stand below one another in trees',
  '1.15': 'answers say when they were last modified',
  '1.16': 'candidates may be limited in number',
  '1.17': 'candidates are asked for by traits',
  '1.18': 'providers are listed by traits',
  '1.19': 'a provider’s aggregates are written under its generation',
  '1.20': 'a provider that is created is shown',
  '1.21': 'candidates are asked for by aggregates',
  '1.22': 'traits may be forbidden',
  '1.23': 'errors carry a code',
  '1.24': 'several conditions on aggregates hold together',
  '1.25': 'candidates for groups of resources, each group from one provider',
  '1.26': 'an inventory may be reserved whole',
  '1.27': 'summaries of candidates tell all inventories, not only what was asked for',
  '1.28': 'consumers have generations',
  '1.29': 'candidates take from several providers of one tree',
  '1.30': 'inventories and allocations move between providers in one step',
  '1.31': 'candidates are asked for within one tree',
  '1.32': 'aggregates may be forbidden',
  '1.33': 'groups are named by words',
  '1.34': 'candidates say which group each provider serves',
  '1.35': 'candidates are asked for by the traits of their root',
  '1.36': 'groups are met within one subtree, some of them without resources',
  '1.37': 'a provider may be moved below another one, or out of its tree',
  '1.38': 'consumers have types',
  '1.39': 'one of several traits suffices',
})

export const { body, plainBody, query, view, listView, endpoint, since, until } = declarations(versions, (root, items) => ({
  [root]: items,
}))

/** The headers of an answer that must not be kept, and when what it shows last changed. */
export const modified = (atMs: number) => since('1.15', { 'last-modified': new Date(atMs).toUTCString(), 'cache-control': 'no-cache' })

/** The latest of several moments; now when there is none. */
export const latestOf = (moments: readonly number[], now: number): number => moments.reduce((a, b) => Math.max(a, b), 0) || now

type At = <T>(varying: Varying<T>) => T | undefined

/** What a version may say in `required` and `member_of`. */
export const grammarOf = (at: At) => ({
  forbiddenTraits: at(since('1.22', true)) ?? false,
  anyTraits: at(since('1.39', true)) ?? false,
  severalMemberOf: at(since('1.24', true)) ?? false,
  forbiddenAggregates: at(since('1.32', true)) ?? false,
})
