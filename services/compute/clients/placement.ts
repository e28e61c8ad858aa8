import type { PlacementRoom } from '@kilonova/placement/contract/placement.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'

const refuse = async (): Promise<never> => {
  throw new Refusal('unavailable', 'No server finds a host: this cloud has no placement service.')
}

/** A cloud without placement serves everything but new servers. */
export const noPlacement: PlacementRoom = {
  candidates: refuse,
  providers: async () => [],
  held: refuse,
  holders: refuse,
  hold: refuse,
  ensureProvider: async () => false,
  removeProvider: async () => {},
}
