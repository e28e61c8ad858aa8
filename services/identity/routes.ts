import type { RegionLogic } from './regions/logic.ts'
import { regionApi } from './regions/api.ts'

/** What the routes are answered by. */
export interface Logics {
  readonly regions: RegionLogic
}

/** Every URL of the service. */
export const routes = (logics: Logics) => [...regionApi(logics.regions)]
