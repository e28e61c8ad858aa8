import type { ChangeLog } from '@kilonova/platform/changes/change.ts'
import { changeEndpoint } from '@kilonova/platform/http/change-endpoints.ts'
import type { Endpoint } from '@kilonova/platform/http/endpoint.ts'
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
import { consoleApi } from './consoles/api.ts'
import { goneApi } from './gone/api.ts'
import { imageProxyApi } from './image-proxies/api.ts'
import type { ImageProxyLogic } from './image-proxies/logic.ts'
import { networkActionProxyApi } from './network-proxies/api/actions.ts'
import { networkProxyApi } from './network-proxies/api/networks.ts'
import type { NetworkProxyLogic } from './network-proxies/logic.ts'
import { migrationApi } from './server-migrations/api/migrations.ts'
import { serverInterfaceApi } from './server-interfaces/api.ts'
import type { InterfaceLogic } from './server-interfaces/logic.ts'
import { volumeAttachmentApi } from './volume-attachments/api.ts'
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
import { limitApi } from './limits/api.ts'
import { metadataApi } from './metadata-service/api.ts'
import type { MetadataLogic } from './metadata-service/logic.ts'
import type { ProjectLogic } from './projects/logic.ts'
import { quotaApi, quotaClassApi } from './quotas/api/quotas.ts'
import type { QuotaLogic } from './quotas/logic.ts'
import { schedulingApi } from './scheduler/api.ts'
import type { ReasonLogic } from './scheduler/logic/rehearse.ts'
import { serverPasswordApi } from './server-passwords/api.ts'
import type { PasswordLogic } from './server-passwords/logic.ts'
import { changeActionApi } from './servers/api/actions/change.ts'
import { imageActionApi } from './servers/api/actions/images.ts'
import { moveActionApi } from './servers/api/actions/move.ts'
import { networkActionApi } from './servers/api/actions/network.ts'
import { powerActionApi } from './servers/api/actions/power.ts'
import { createApi } from './servers/api/create.ts'
import { serverListApi } from './servers/api/list.ts'
import { serverMetadataApi } from './servers/api/metadata.ts'
import { serverTagApi } from './servers/api/tags.ts'
import { serverApi } from './servers/api/servers.ts'
import { lookApi } from './servers/api/look.ts'
import { instanceActionApi } from './instance-actions/api.ts'
import type { InstanceActionLogic } from './instance-actions/logic.ts'
import { serverMigrationApi } from './server-migrations/api.ts'
import type { ServerMigrationLogic } from './server-migrations/logic.ts'
import type { ServerLogic } from './servers/logic.ts'
import { tenantUsageApi } from './tenant-usages/api.ts'
import type { TenantUsageLogic } from './tenant-usages/logic.ts'
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
  readonly instanceActions: InstanceActionLogic
  readonly serverMigrations: ServerMigrationLogic
  readonly passwords: PasswordLogic
  readonly externalEvents: ExternalEventLogic
  readonly interfaces: InterfaceLogic
  readonly imageProxies: ImageProxyLogic
  readonly networkProxies: NetworkProxyLogic
  readonly projects: ProjectLogic
  readonly clock: AuditRooms['clock']
  readonly metadata: MetadataLogic
  readonly quotas: QuotaLogic
  readonly tenantUsages: TenantUsageLogic
  readonly reasons: ReasonLogic
  readonly changes: ChangeLog
}

export const changesPath = '/v2.1/changes'
export const changeRules = { own: 'os_compute_api:changes', all: 'os_compute_api:changes:all' }

/** Every URL of the service; plug-ins only add to what is listed as an extension. */
export const routes = (logics: Logics, ofPlugins: readonly Extension[] = []) => {
  const own = endpointsOf(logics)
  const endpoints = [...own, ...bootVolumeApi(own)]
  return [...endpoints, ...extensionApi([...carriedBy(endpoints), ...ofPlugins])]
}

/** Servers have a second address, from the days when only some of them booted from volumes. */
const bootVolumeApi = (endpoints: readonly Endpoint[]): readonly Endpoint[] => {
  const known = ['', '/detail', '/{server_id}', '/{server_id}/action'].map(end => `/v2.1/servers${end}`)
  return endpoints.filter(({ path }) => known.includes(path)).map(one => ({ ...one, path: one.path.replace('servers', 'os-volumes_boot') }))
}

/** What guests ask, at a door of its own. */
export const guestRoutes = ({ metadata }: Pick<Logics, 'metadata'>) => metadataApi(metadata)

const endpointsOf = ({
  flavors,
  servers,
  keypairs,
  serverGroups,
  instanceActions,
  serverMigrations,
  services,
  hypervisors,
  aggregates,
  zones,
  passwords,
  externalEvents,
  interfaces,
  imageProxies,
  networkProxies,
  projects,
  clock,
  quotas,
  tenantUsages,
  reasons,
  changes,
}: Logics) => [
  ...discoveryApi,
  ...flavorApi(flavors),
  ...flavorDetailApi(flavors, projects),
  ...createApi(servers),
  ...serverListApi(servers),
  ...serverMetadataApi(servers),
  ...serverTagApi(servers),
  ...serverApi(servers),
  ...powerActionApi(servers),
  ...changeActionApi(servers),
  ...imageActionApi(servers),
  ...moveActionApi(servers),
  ...networkActionApi(servers),
  ...lookApi(servers),
  ...instanceActionApi(instanceActions, servers),
  ...serverMigrationApi(servers, serverMigrations),
  ...serverPasswordApi(servers, passwords),
  ...keypairApi(keypairs),
  ...serverGroupApi(serverGroups),
  ...serviceApi(services, zones),
  ...hypervisorApi(hypervisors),
  ...aggregateApi(aggregates),
  ...zoneApi(zones),
  ...quotaApi(quotas, projects),
  ...quotaClassApi(quotas),
  ...limitApi(quotas),
  ...tenantUsageApi(tenantUsages),
  ...schedulingApi(reasons),
  ...hostApi({ zones, hypervisors }),
  ...externalEventApi(externalEvents),
  ...usageAuditApi({ services, clock }),
  ...assistedSnapshotApi,
  ...bareMetalApi,
  ...volumeProxyApi,
  ...networkProxyApi(networkProxies),
  ...networkActionProxyApi(servers, networkProxies),
  ...imageProxyApi(imageProxies),
  ...consoleApi(servers),
  ...serverInterfaceApi(servers, interfaces),
  ...volumeAttachmentApi(servers),
  ...migrationApi(serverMigrations),
  ...goneApi,
  changeEndpoint(changesPath, { endpoint, query }, changes, changeRules),
]
