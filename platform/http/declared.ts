import type { Ladder, Span } from '../ladder.ts'
import type { PolicyDefaults } from '../policy/policy.ts'
import type { Endpoint } from './endpoint.ts'
import type { Spelling } from './problem.ts'

/** What a service declares, without any of what answers: enough for its reference, its tables and the tests that it is whole. */
export interface Declared {
  readonly versions: Ladder
  readonly endpoints: readonly (Endpoint | Span<Endpoint>)[]
  readonly policies: PolicyDefaults
  readonly spell: Spelling
}

/**
 * Stands for whatever the routes are answered by, so that they can be built and read: routes are data. Every member is there and every call
 * gives the same again; as a condition it is true and as a number 1, so that a route that depends on a setting is declared. Nothing of it
 * does anything.
 */
export const stubLogics = <T>(): T => stub as T

const stub: unknown = new Proxy(() => {}, { get: (_, name) => memberOf(name), apply: () => stub })

function memberOf(name: string | symbol): unknown {
  if (name === Symbol.iterator) return () => [].values()
  if (name === Symbol.toPrimitive) return () => 1
  // Nobody waits for it, and it is none of the things that other symbols ask about.
  return name === 'then' || typeof name === 'symbol' ? undefined : stub
}

/** The declarations of a service, from its rooms: `load('routes')` imports its `routes.ts`. */
export async function declaredBy(load: (room: 'routes' | 'versions' | 'policies' | 'faults') => Promise<unknown>): Promise<Declared> {
  const { routes } = (await load('routes')) as { routes: (logics: unknown) => Declared['endpoints'] }
  const { versions } = (await load('versions')) as Pick<Declared, 'versions'>
  const { policies } = (await load('policies')) as Pick<Declared, 'policies'>
  const { spell } = (await load('faults')) as Pick<Declared, 'spell'>
  return { versions, policies, spell, endpoints: routes(stub) }
}
