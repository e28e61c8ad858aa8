import type { Candidate, CandidatesAsk, PlacementRoom } from '@kilonova/placement/contract/placement.ts'
import type { Cause } from '@kilonova/platform/cause.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { ServerGroup } from '../../server-groups/server-group.ts'
import type { SchedulerSettings } from '../options.ts'
import type { ClaimAsk } from '../scheduler.ts'
import type { Host, HostState } from '../scheduler/host.ts'
import type { AskedGroup, Objection, Ranked, Refused, Request } from '../scheduler/request.ts'
import type { Book, HostBook } from './book.ts'
import { choose, objectionTo, type Rules } from './choose.ts'
import { whyNotOffered } from './explain.ts'
import { hinted } from './filters/affinity.ts'
import { isObjection, prefiltered } from './prefilter.ts'

export interface Rooms {
  readonly placement: PlacementRoom
  readonly book: HostBook
  readonly groups: { find(id: string): Promise<ServerGroup | undefined> }
  readonly settings: () => SchedulerSettings
  readonly rules: () => Rules
  readonly fraction: () => number
}

/** How a request stands at this moment: who could meet it, the best first, and what speaks against all others. */
export interface Picture {
  readonly request: Request
  readonly ranked: readonly (Ranked & { readonly candidate: Candidate })[]
  readonly refused: readonly Refused[]
}

/** Above so many hosts, those that placement does not even offer are only looked at when there is no other. */
const worthExplaining = 256

/** Looks at all hosts for a request. Whoever asks in vain, or `wholly`, hears of every host why. */
export async function look(ask: ClaimAsk, rooms: Rooms, cause: Cause, wholly = false): Promise<Picture> {
  const { placement, settings } = rooms
  const book = await rooms.book.current()
  const request = await requestOf(ask, book, rooms, cause)
  const wanted = request.forcedHost ?? request.host
  const only = wanted === undefined ? undefined : book.hosts.get(wanted)
  const asked = prefiltered(request, book.aggregates, settings(), only?.id)
  if (isObjection(asked) || (wanted !== undefined && !only)) return nowhere(request, book, isObjection(asked) ? asked : undefined)
  const offers = new Map((await placement.candidates(asked, cause).catch(noneOfUnknown)).map(one => [one.rootUuid, one]))
  const states = await statesOf(
    [...book.hosts.values()].filter(one => offers.has(one.id)),
    rooms,
    cause,
  )
  const choice = choose(request, states, rooms.rules(), rooms.fraction)
  const ranked = choice.ranked.flatMap(one => {
    const candidate = offers.get(one.host.id)
    return candidate ? [{ ...one, candidate }] : []
  })
  const explains = wholly || ranked.length === 0 || book.hosts.size <= worthExplaining
  if (!explains) return { request, ranked, refused: choice.refused }
  const others = [...book.hosts.values()].filter(one => !offers.has(one.id))
  const known = await statesOf(others, rooms, cause)
  const notOffered = known.map(host => ({ host: host.host, objection: whyNot(host, request, asked, rooms.rules()) }))
  const told = new Set(known.map(one => one.host))
  const unknown = others.flatMap(({ host }) => (told.has(host) ? [] : [{ host, objection: absent }]))
  return { request, ranked, refused: [...choice.refused, ...notOffered, ...unknown] }
}

/** The name and the zone that were asked for come first: what a host has is of no interest when it is not meant. */
function whyNot(host: HostState, request: Request, asked: CandidatesAsk, rules: Rules): Objection {
  const notMeant = objectionTo(host, request, { ...rules, filters: [] })
  return notMeant ?? whyNotOffered(host, asked) ?? objectionTo(host, request, rules) ?? taken
}

const taken: Objection = { from: 'placement', kind: 'taken', says: 'others took what was left' }
const absent: Objection = { from: 'placement', kind: 'absent', says: 'placement does not know it yet' }

/** A trait or a class of resources that placement does not know is one that no host has. */
function noneOfUnknown(error: unknown): readonly Candidate[] {
  if (error instanceof Refusal && error.kind === 'invalid') return []
  throw error
}

function nowhere(request: Request, book: Book, objection: Objection | undefined): Picture {
  const wanted = request.forcedHost ?? request.host
  const why: Objection = objection ?? { from: 'requested', kind: 'named', says: `${wanted} was asked for, which is no host of this cloud` }
  return { request, ranked: [], refused: [...book.hosts.keys()].map(host => ({ host, objection: why })) }
}

async function statesOf(hosts: readonly Host[], { placement, book }: Rooms, cause: Cause): Promise<readonly HostState[]> {
  if (hosts.length === 0) return []
  const ids = hosts.map(one => one.id)
  const [providers, living] = await Promise.all([placement.providers(cause, ids), book.living(hosts)])
  const byId = new Map(providers.map(one => [one.uuid, one]))
  return hosts.flatMap(host => {
    const provider = byId.get(host.id)
    return provider ? [{ ...host, provider, isUp: living.has(host.host) }] : []
  })
}

async function requestOf(ask: ClaimAsk, book: Book, rooms: Rooms, cause: Cause): Promise<Request> {
  const named = ['same_host', 'different_host'].flatMap(name => hinted(ask.hints, name))
  const namedHosts = new Map(
    named.flatMap(id => {
      const host = book.hostOf(id)
      return host === undefined ? [] : [[id, host] as const]
    }),
  )
  return { ...ask, namedHosts, group: await groupOf(ask, book, rooms, cause) }
}

/** The group with where its members are: on hosts, or, those that are being made, where room is held for them already. */
export async function groupOf(
  { hints, serverId, consumerId }: ClaimAsk,
  book: Book,
  { groups, placement }: Pick<Rooms, 'groups' | 'placement'>,
  cause: Cause,
): Promise<AskedGroup | undefined> {
  const [id] = hinted(hints, 'group')
  const group = id === undefined ? undefined : await groups.find(id)
  if (!group) return undefined
  const others = group.members.filter(member => member !== (serverId ?? consumerId))
  const nameOf = new Map([...book.hosts.values()].map(one => [one.id, one.host]))
  const held = await placement.held(
    others.filter(member => book.hostOf(member) === undefined),
    cause,
  )
  const members = new Map<string, number>()
  const count = (host: string | undefined) => {
    if (host !== undefined) members.set(host, (members.get(host) ?? 0) + 1)
  }
  for (const member of others) count(book.hostOf(member))
  for (const { allocations } of held)
    count(
      Object.keys(allocations)
        .map(uuid => nameOf.get(uuid))
        .find(Boolean),
    )
  return { id: group.id, policy: group.policy, rules: group.rules, members }
}
