import type { Body, Endpoint, May } from '@kilonova/platform/http/endpoint.ts'
import type { Act, Answering } from '../standards/standard/act.ts'
import { endpoint } from '../versions.ts'
import { asRecord, type Sent } from './bodies.ts'
import { type Caller, type Collection, viewerOf } from './collection.ts'
import { refuseUnless, revisionIn } from './guards.ts'
import { type Wire, wireOf } from './showing.ts'

/** `PUT /v2.0/routers/{id}/add_router_interface`: something that is done to one thing of a collection. */
export interface Member<N extends { readonly id: string }> {
  readonly collection: Pick<Collection<N>, 'path' | 'param' | 'attributes' | 'shows' | 'besides'> & {
    readonly logic: Pick<Answering<N>, 'get'>
  }
  readonly name: string
  readonly method?: 'PUT' | 'GET'
  readonly summary: string
  readonly policy: string
  /** More rules, for what the body says. */
  readonly guards?: (body: Sent) => readonly string[]
  /** What its body and its answer look like, for the reference. */
  readonly takes?: object
  readonly gives: object
  readonly run: (asked: {
    readonly id: string
    readonly thing: N
    readonly body: Sent
    readonly act: Act
    readonly caller: Caller
    readonly may: May
  }) => Promise<unknown>
}

/** A body that is ready as it is. */
export const describedView = (schema: object) => ({
  rungs: [],
  schema: () => schema as Readonly<Record<string, unknown>>,
  render: (body: unknown) => body,
})

/** A body that the route reads itself; the schema tells clients what may be in it. */
export const rawBody = (schema: object): Body<unknown> => ({
  root: null,
  rungs: [],
  readsItself: true,
  undeclared: () => ({}),
  schema: () => schema as Readonly<Record<string, unknown>>,
})

export function member<N extends { readonly id: string }>({
  collection,
  name,
  method = 'PUT',
  summary,
  policy,
  guards,
  takes,
  gives,
  run,
}: Member<N>): Endpoint {
  const param = collection.param ?? 'id'
  return endpoint(`${method} ${collection.path}/{${param}}/${name}`, {
    summary,
    policy,
    ...(takes ? { body: rawBody(takes) } : {}),
    status: 200,
    view: describedView(gives),
    tellsAbsence: true,
    async about(asked) {
      const viewer = viewerOf(asked)
      const { [param]: id = '', ...within } = asked.params as Record<string, string>
      const thing = await collection.logic.get(id, viewer, within)
      const wire = wireOf(thing, collection.attributes, collection.shows)
      const [more = {}] = (await collection.besides?.([wire], viewer, within)) ?? []
      return { thing, target: { ...wire, ...more } as Wire }
    },
    target: ({ about }) => about?.target ?? {},
    run({ about: { thing, target }, body, cause, door, ...asked }) {
      if (guards) refuseUnless(asked.may, [policy, ...guards(asRecord(body))], target)
      const { [param]: _, ...within } = asked.params as Record<string, string>
      const act = { cause, viewer: viewerOf(asked), within, revision: revisionIn(door.headers) }
      return run({ id: thing.id, thing, body: asRecord(body), caller: asked.caller, may: asked.may, act })
    },
  })
}
