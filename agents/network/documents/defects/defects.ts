import type { Defect } from '../../contract/observation.ts'
import type { HostWiring } from '../../contract/wiring.ts'
import type { Desired } from '../desired/desired.ts'
import { filterDefects } from './filter.ts'
import { linkDefects } from './links.ts'
import { namespaceDefects } from './namespaces.ts'
import type { Seen } from './seen.ts'
import { wayOutDefects } from './way-out.ts'

/** Where a host is not as it is to be, each with what it does to packets. Two equal things give nothing; nothing is asked, all is told. */
export const defectsOf = (desired: Desired, wiring: HostWiring, seen: Seen): readonly Defect[] => [
  ...linkDefects(desired, seen),
  ...namespaceDefects(desired, wiring, seen),
  ...wayOutDefects(desired, wiring, seen),
  ...filterDefects(desired, seen.filter, seen.links),
]
