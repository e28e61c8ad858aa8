import { type Answer, answer, type Asked, type Endpoint, type May } from '@kilonova/platform/http/endpoint.ts'
import type { Cause } from '@kilonova/platform/cause.ts'
import { type Attributes, camel } from '../attributes/attribute/attribute.ts'
import type { Viewer } from '../listings/listing.ts'
import { refuseSilently } from '../refusals/refusal.ts'
import type { Answering, Within } from '../standards/standard/act.ts'
import { endpoint } from '../versions.ts'
import { describedBody, readChange, readCreate, type Sent, thingIn, thingsIn, withOwner } from './bodies.ts'
import { guardedRules, refuseUnless, revisionIn } from './guards.ts'
import { fieldsOf, linksOf, listQuery, wantedOf } from './queries.ts'
import { askedOf, itemView, lastingWireOf, madeView, pageView, seeing, type Shows, type Wire, wireOf } from './showing.ts'
import { tagEndpoints } from './tagging.ts'

/** A resource as the API sees it: five routes and those of its tags come from this one page. */
export interface Collection<N extends { readonly id: string }> {
  /** `security_group`: the root of bodies and the end of the rules' names. */
  readonly name: string
  readonly plural: string
  /** `/v2.0/security-groups` */
  readonly path: string
  /** The parameter of a single one's path; `id` unless told. */
  readonly param?: string
  /** In the rules' names, where it is another word than `name`. */
  readonly rule?: string
  readonly words: { readonly one: string; readonly many: string }
  readonly attributes: Attributes
  readonly shows?: Shows<N>
  readonly logic: Answering<N>
  /** What rules may ask of a thing besides its own attributes (the network's owner), for many at once. */
  readonly besides?: (wires: readonly Wire[], viewer: Viewer, within: Within) => Promise<readonly Wire[]>
  /** Of which routes there are; all of them unless told. */
  readonly only?: readonly ('list' | 'show' | 'create' | 'update' | 'delete')[]
  /** Its collection's name in paths of tags. */
  readonly tags?: TagKeeper
  /** Its logic hands out the same object for a thing until that changes. */
  readonly isLasting?: boolean
  /** Its lists are sent whole: no pages, no sorting. */
  readonly isBulkless?: boolean
}

export interface TagKeeper {
  write(id: string, tags: (before: readonly string[]) => readonly string[], viewer: Viewer, cause: Cause): Promise<readonly string[]>
}

/** Who asks, once they are known. */
export type Caller = NonNullable<Asked['caller']>

type Params = Readonly<Record<string, string>>

/** Everything said with one request, in the terms of this file. */
export interface Said {
  readonly caller: Caller
  readonly params: Params
  readonly may: May
}

export const viewerOf = ({ caller, may }: Pick<Said, 'caller' | 'may'>): Viewer => ({
  seesAll: may('context_is_admin') || may('context_is_advsvc'),
  projectId: caller.projectId,
})

export const ownTarget = (caller: Caller): Wire => ({ project_id: caller.projectId, tenant_id: caller.projectId })

export function collection<N extends { readonly id: string }>(one: Collection<N>): readonly Endpoint[] {
  const has = (route: 'list' | 'show' | 'create' | 'update' | 'delete') => one.only === undefined || one.only.includes(route)
  const desk = deskOf(one)
  return [
    ...(has('list') ? [listing(one, desk)] : []),
    ...(has('create') && one.logic.create ? [creating(one, desk)] : []),
    ...(has('show') ? [showing(one, desk)] : []),
    ...(has('update') && one.logic.update ? [updating(one, desk)] : []),
    ...(has('delete') && one.logic.delete ? [deleting(one, desk)] : []),
    ...(one.tags ? tagEndpoints(one, one.tags, desk.itemPath) : []),
  ]
}

type Desk = ReturnType<typeof deskOf>

/** What the routes of one collection share. */
function deskOf<N extends { readonly id: string }>(one: Collection<N>) {
  const { attributes, shows, name } = one
  const rule = one.rule ?? name
  const param = one.param ?? 'id'
  const besides = async (wires: readonly Wire[], viewer: Viewer, within: Within): Promise<readonly Wire[]> => {
    const more = (await one.besides?.(wires, viewer, within)) ?? []
    return wires.map((wire, i) => askedOf(wire, more[i]))
  }
  return {
    rule,
    itemPath: `${one.path}/{${param}}` as const,
    idOf: (params: unknown) => (params as Params)[param] ?? '',
    withinOf(params: unknown): Within {
      const { [param]: _, ...rest } = params as Params
      return rest
    },
    besides,
    /** The things as this caller sees them; those no rule shows are left out. */
    async seen(things: readonly N[], said: Said, within: Within, fields: readonly string[] = []): Promise<readonly Wire[]> {
      const wires = things.map(thing => (one.isLasting ? lastingWireOf : wireOf)(thing, attributes, shows))
      const targets = await besides(wires, viewerOf(said), within)
      const see = seeing({ name: rule, attributes, may: said.may, fields })
      return wires.flatMap((wire, i) => {
        const target = targets[i] ?? wire
        return said.may(`get_${rule}`, target) ? [see(wire, target)] : []
      })
    },
    /** What a write answers: shown to whoever might write it. */
    async written(things: readonly N[], said: Said, within: Within): Promise<readonly Wire[]> {
      const wires = things.map(thing => wireOf(thing, attributes, shows))
      const targets = await besides(wires, viewerOf(said), within)
      const see = seeing({ name: rule, attributes, may: said.may, fields: [] })
      return wires.map((wire, i) => see(wire, targets[i] ?? wire))
    },
    /** The thing a request is about, with what rules may ask of it. */
    async about(said: Said): Promise<{ thing: N; target: Wire }> {
      const within = this.withinOf(said.params)
      const thing = await one.logic.get(this.idOf(said.params), viewerOf(said), within)
      const [target = {}] = await besides([wireOf(thing, attributes, shows)], viewerOf(said), within)
      return { thing, target }
    },
  }
}

const asSaid = (asked: { caller: Caller; params: unknown; may: May }): Said => ({ ...asked, params: asked.params as Params })

const listing = <N extends { readonly id: string }>(one: Collection<N>, desk: Desk): Endpoint =>
  endpoint(`GET ${one.path}`, {
    summary: `List ${one.words.many}`,
    // Nobody is refused a list: what the rule of a single one does not show is left out of it.
    policy: 'regular_user',
    query: listQuery(one.attributes, one.tags !== undefined),
    status: 200,
    view: pageView(one.plural, one.attributes),
    async run({ query, base, door, ...asked }) {
      const [said, within] = [asSaid(asked), desk.withinOf(asked.params)]
      const wanted = wantedOf(query as Sent, one.attributes, one.tags !== undefined)
      const things = (await one.logic.list(wanted, viewerOf(said), within)) as readonly never[]
      const links = linksOf(`${base}${door.url}`, { limit: wanted.limit, isReversed: wanted.isReversed ?? false }, idsOf(things))
      const items = await desk.seen(things, said, within, fieldsOf(query as Sent))
      return { [one.plural]: items, ...(links.length > 0 ? { [`${one.plural}_links`]: links } : {}) }
    },
  })

const idsOf = (things: readonly { readonly id: string }[]) => things.map(({ id }) => id)

const creating = <N extends { readonly id: string }>(one: Collection<N>, desk: Desk): Endpoint =>
  endpoint(`POST ${one.path}`, {
    summary: `Create ${one.words.one}, or several at once`,
    policy: `create_${desk.rule}`,
    body: describedBody(one.name, one.attributes, 'c', one.isBulkless ? undefined : one.plural),
    status: 201,
    view: one.isBulkless ? itemView(one.name, one.attributes) : madeView(one.name, one.plural, one.attributes),
    // What is wrong with a body is said before who may send it, as Neutron does.
    tellsAbsence: true,
    async about({ body, ...asked }) {
      const { things, isBulk } = thingsIn(body, one.name, one.plural)
      const isOwned = Object.hasOwn(one.attributes, 'project_id')
      const said = asSaid(asked)
      const viewer = viewerOf(said)
      const owned = things.map(sent => (isOwned ? withOwner(sent, viewer, true) : sent))
      const wishes = owned.map(sent => readCreate(sent, one.attributes))
      const wires = owned.map((sent, i) => ({ ...sent, ...wishes[i], tenant_id: sent['project_id'] }))
      return { wishes, isBulk, owned, targets: await desk.besides(wires, viewer, desk.withinOf(asked.params)) }
    },
    target: ({ about, caller }) => about?.targets[0] ?? ownTarget(caller),
    async run({ about, cause, ...asked }) {
      const said = asSaid(asked)
      for (const [i, target] of about.targets.entries()) {
        const guarded = guardedRules('create', desk.rule, one.attributes, about.owned[i] ?? {})
        refuseUnless(said.may, [`create_${desk.rule}`, ...guarded], target)
      }
      const within = desk.withinOf(asked.params)
      const act = { cause, viewer: viewerOf(said), within }
      const made = await one.logic.create?.(about.wishes.map(camelKeys) as never[], act)
      const shown = await desk.written((made ?? []) as never[], said, within)
      return about.isBulk ? { [one.plural]: shown } : { [one.name]: shown[0] }
    },
  })

export const camelKeys = (sent: Sent): Sent => Object.fromEntries(Object.entries(sent).map(([name, value]) => [camel(name), value]))

const showing = <N extends { readonly id: string }>(one: Collection<N>, desk: Desk): Endpoint =>
  endpoint(`GET ${desk.itemPath}`, {
    summary: `Show ${one.words.one}`,
    policy: `get_${desk.rule}`,
    query: listQuery({}, false),
    status: 200,
    view: itemView(one.name, one.attributes),
    tellsAbsence: true,
    about: asked => desk.about(asSaid(asked)),
    target: ({ about }) => about?.target ?? {},
    async run({ about, query, ...asked }) {
      const [item] = await desk.seen([about.thing as never], asSaid(asked), desk.withinOf(asked.params), fieldsOf(query as Sent))
      return { [one.name]: item ?? refuseSilently() }
    },
  })

const updating = <N extends { readonly id: string }>(one: Collection<N>, desk: Desk): Endpoint =>
  endpoint(`PUT ${desk.itemPath}`, {
    summary: `Change ${one.words.one}`,
    policy: `update_${desk.rule}`,
    body: describedBody(one.name, one.attributes, 'u'),
    status: 200,
    view: itemView(one.name, one.attributes),
    tellsAbsence: true,
    about: asked => desk.about(asSaid(asked)),
    target: ({ about, body }) => ({ ...about?.target, ...changeIn(body, one.name) }),
    async run({ about, body, cause, door, ...asked }) {
      const said = asSaid(asked)
      const sent = withOwner(thingIn(body, one.name), viewerOf(said), false)
      const change = readChange(sent, one.attributes)
      refuseUnless(said.may, [`update_${desk.rule}`, ...guardedRules('update', desk.rule, one.attributes, sent)], {
        ...about.target,
        ...sent,
      })
      const within = desk.withinOf(asked.params)
      const act = { cause, viewer: viewerOf(said), within, revision: revisionIn(door.headers) }
      const changed = await one.logic.update?.(desk.idOf(asked.params), camelKeys(change) as never, act)
      const [item] = await desk.written([changed as never], said, within)
      return { [one.name]: item }
    },
  })

function changeIn(body: unknown, name: string): Sent {
  const found = (body as Record<string, unknown> | undefined)?.[name]
  return typeof found === 'object' && found !== null ? (found as Sent) : {}
}

const deleting = <N extends { readonly id: string }>(one: Collection<N>, desk: Desk): Endpoint =>
  endpoint(`DELETE ${desk.itemPath}`, {
    summary: `Delete ${one.words.one}`,
    policy: `delete_${desk.rule}`,
    status: 204,
    tellsAbsence: true,
    about: asked => desk.about(asSaid(asked)),
    target: ({ about }) => about?.target ?? {},
    async run({ cause, door, ...asked }): Promise<Answer<void>> {
      const act = { cause, viewer: viewerOf(asSaid(asked)), within: desk.withinOf(asked.params), revision: revisionIn(door.headers) }
      await one.logic.delete?.(desk.idOf(asked.params), act)
      return answer(undefined)
    },
  })
