import type { ObserveWish } from '../contract/messages.ts'
import type { Observation, ProbeAnswer, ProbeWish } from '../contract/observation.ts'
import type { Rooms } from './rooms.ts'

/** What the host is like, all of it or what has one of the subjects' ids in its name. */
export async function observe({ subjects, namespaces, wiring }: ObserveWish, { driver, host, held, turn }: Rooms): Promise<Observation> {
  const seen = await turn(() => driver.observe(wiring ?? held.wiring, namespaces))
  if (!subjects) return { host, ...seen }
  const isMeant = (name: string) => subjects.some(id => name.includes(id) || name.endsWith(id.slice(0, 11)))
  return {
    host,
    bridges: seen.bridges.filter(bridge => isMeant(bridge.name)),
    namespaces: seen.namespaces.filter(namespace => isMeant(namespace.name)),
    differences: seen.differences,
    defects: seen.defects.filter(({ subject }) => subject === 'firewall' || subjects.some(id => id.startsWith(subject))),
  }
}

export const probe = (wish: ProbeWish, { driver }: Rooms): Promise<ProbeAnswer> => driver.probe(wish)
