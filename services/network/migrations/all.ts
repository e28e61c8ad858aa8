import type { Migration } from '@kilonova/platform/sql/database.ts'
import { networks } from './0001-networks.ts'
import { groupsAndPools } from './0002-groups-and-pools.ts'
import { routing } from './0003-routing.ts'
import { serverPorts } from './0004-server-ports.ts'
import { policiesOfTraffic } from './0005-policies.ts'
import { trunks } from './0006-trunks.ts'
import { portTickets } from './0007-port-tickets.ts'
import { segmentRanges } from './0008-segment-ranges.ts'
import { routerServices } from './0009-router-services.ts'
import { groupDefaults } from './0010-group-defaults.ts'
import { portAttributes } from './0011-port-attributes.ts'
import { routerGateways } from './0012-router-gateways.ts'

export const migrations: readonly Migration[] = [
  networks,
  groupsAndPools,
  routing,
  serverPorts,
  policiesOfTraffic,
  trunks,
  portTickets,
  segmentRanges,
  routerServices,
  groupDefaults,
  portAttributes,
  routerGateways,
]
