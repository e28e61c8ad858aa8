import type { ChangeLog } from '@kilonova/platform/changes/change.ts'
import { changeEndpoint } from '@kilonova/platform/http/change-endpoints.ts'
import { discoveryApi } from './discovery/api.ts'
import { carriedBy, extensionApi } from './extensions/api.ts'
import type { Extension } from './extensions/extension.ts'
import { flavorDetailApi } from './flavors/api/details.ts'
import { flavorApi } from './flavors/api/flavors.ts'
import type { FlavorLogic } from './flavors/logic.ts'
import { assistedSnapshotApi } from './assisted-snapshots/api.ts'
import { bareMetalApi } from './bare-metal-nodes/api.ts'
import { externalEventApi } from './external-events/api.ts'
import type { ExternalEventLogic } from './external-events/logic.ts'
import { goneApi } from './gone/api.ts'
import { hostApi } from './hosts/api.ts'
import { hypervisorApi } from './hypervisors/api/hypervisors.ts'
import type { HypervisorLogic } from './hypervisors/logic.ts'
import { serviceApi } from './services/api.ts'
import type { ServiceLogic } from './services/logic.ts'
import { aggregateApi } from './aggregates/api.ts'
import type { AggregateLogic } from './aggregates/logic.ts'
import { zoneApi } from './availability-zones/api.ts'
import type { ZoneLogic } from './availability-zones/logic.ts'
import { keypairApi } from './keypairs/api.ts'
import type { KeypairLogic } from './keypairs/logic.ts'
import { serverGroupApi } from './server-groups/api.ts'
import type { ServerGroupLogic } from './server-groups/logic.ts'
import { metadataApi } from './metadata-service/api.ts'
import type { MetadataLogic } from './metadata-service/logic.ts'
import { serverPasswordApi } from './server-passwords/api.ts'
import type { PasswordLogic } from './server-passwords/logic.ts'
import { serverApi } from './servers/api.ts'
import type { ServerLogic } from './servers/logic.ts'
import { type AuditRooms, usageAuditApi } from './usage-audits/api.ts'
import { endpoint, query } from './versions.ts'
import { volumeProxyApi } from './volume-proxies/api.ts'

export interface Logics {
  readonly flavors: FlavorLogic
  readonly servers: ServerLogic
  readonly keypairs: KeypairLogic
  readonly aggregates: AggregateLogic
  readonly zones: ZoneLogic
  readonly services: ServiceLogic
  readonly hypervisors: HypervisorLogic
  readonly serverGroups: ServerGroupLogic
  readonly passwords: PasswordLogic
  readonly externalEvents: ExternalEventLogic
  readonly clock: AuditRooms['clock']
  readonly metadata: MetadataLogic
  readonly changes: ChangeLog
}

export const changesPath = '/v2.1/changes'
export const changeRules = { own: 'os_compute_api:changes', all: 'os_compute_api:changes:all' }

/** Every URL of the service; plug-ins only add to what is listed as an extension. */
export const routes = (logics: Logics, ofPlugins: readonly Extension[] = []) => {
  const endpoints = endpointsOf(logics)
  return [...endpoints, ...extensionApi([...carriedBy(endpoints), ...ofPlugins])]
}

/** What guests ask, at a door of its own. */
export const guestRoutes = ({ metadata }: Pick<Logics, 'metadata'>) => metadataApi(metadata)

const endpointsOf = ({
  flavors,
  servers,
  keypairs,
  serverGroups,
  services,
  hypervisors,
  aggregates,
  zones,
  passwords,
  externalEvents,
  clock,
  changes,
}: Logics) => [
  ...discoveryApi,
  ...flavorApi(flavors),
  ...flavorDetailApi(flavors),
  ...serverApi(servers),
  ...serverPasswordApi(servers, passwords),
  ...keypairApi(keypairs),
  ...serverGroupApi(serverGroups),
  ...serviceApi(services),
  ...hypervisorApi(hypervisors),
  ...aggregateApi(aggregates),
  ...zoneApi(zones),
  ...hostApi({ zones, hypervisors }),
  ...externalEventApi(externalEvents),
  ...usageAuditApi({ services, clock }),
  ...assistedSnapshotApi,
  ...bareMetalApi,
  ...volumeProxyApi,
  ...goneApi,
  changeEndpoint(changesPath, { endpoint, query }, changes, changeRules),
]
