import type { Observation, ProbeAnswer, ProbeWish } from '../contract/observation.ts'
import type { Rooms } from './rooms.ts'

/** What the host is like, all of it or what has one of the subjects' ids in its name. */
export async function observe(
  { subjects }: { readonly subjects?: readonly string[] | undefined },
  { driver, host, held, turn }: Rooms,
): Promise<Observation> {
  const seen = await turn(() => driver.observe(held.wiring))
  if (!subjects) return { host, ...seen }
  const isMeant = (name: string) => subjects.some(id => name.includes(id) || name.endsWith(id.slice(0, 11)))
  return {
    host,
    bridges: seen.bridges.filter(bridge => isMeant(bridge.name)),
    namespaces: seen.namespaces.filter(namespace => isMeant(namespace.name)),
    differences: seen.differences,
  }
}

export const probe = (wish: ProbeWish, { driver }: Rooms): Promise<ProbeAnswer> => driver.probe(wish)
