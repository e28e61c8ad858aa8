import type { Viewer } from '../listings/listing.ts'
import type { Wire } from './showing.ts'

/** What is known of a network to those who may not see all of it. */
export interface NetworkFacts {
  readonly projectId: string
  readonly shared: boolean
}

/** What rules ask of the networks that subnets and ports are on, for a whole page with one question. */
export const askNetworks =
  (factsOf: (ids: readonly string[], viewer: Viewer) => Promise<ReadonlyMap<string, NetworkFacts>>) =>
  async (wires: readonly Wire[], viewer: Viewer): Promise<readonly Wire[]> => {
    const ids = new Set(wires.map(wire => wire['network_id']).filter(id => typeof id === 'string'))
    const facts = await factsOf([...ids], viewer)
    return wires.map(wire => {
      const found = facts.get(String(wire['network_id']))
      return found ? { 'network:tenant_id': found.projectId, 'network:project_id': found.projectId, shared: found.shared } : {}
    })
  }
