import type { ChangeLog } from '@kilonova/platform/changes/change.ts'
import { changeEndpoint } from '@kilonova/platform/http/change-endpoints.ts'
import { addressGroupApi } from './address-groups/api.ts'
import type { AddressGroupLogic } from './address-groups/logic.ts'
import { addressScopeApi } from './address-scopes/api.ts'
import type { AddressScopeLogic } from './address-scopes/logic.ts'
import { agentApi } from './agents/api.ts'
import type { AgentLogic } from './agents/logic.ts'
import { topologyApi } from './auto-topologies/api.ts'
import type { TopologyLogic } from './auto-topologies/logic.ts'
import { conntrackHelperApi } from './connection-trackers/api.ts'
import type { ConntrackHelperLogic } from './connection-trackers/logic.ts'
import { defaultRuleApi } from './default-security-group-rules/api.ts'
import type { DefaultRuleLogic } from './default-security-group-rules/logic.ts'
import { discoveryApi } from './discovery/api.ts'
import { extensionApi } from './extensions/api.ts'
import { flavorApi } from './flavors/api.ts'
import type { FlavorLogic } from './flavors/logic.ts'
import { floatingipPoolApi } from './floatingip-pools/api.ts'
import { floatingipApi } from './floatingips/api.ts'
import type { FloatingipLogic } from './floatingips/logic.ts'
import { availabilityApi } from './ip-availabilities/api.ts'
import type { AvailabilityLogic } from './ip-availabilities/logic.ts'
import { logApi } from './logs/api.ts'
import type { LogLogic } from './logs/logic.ts'
import { meteringApi } from './metering/api.ts'
import type { MeteringLogic } from './metering/logic.ts'
import { ndpProxyApi } from './ndp-proxies/api.ts'
import type { NdpProxyLogic } from './ndp-proxies/logic.ts'
import { networkApi } from './networks/api.ts'
import type { NetworkLogic } from './networks/logic.ts'
import { rangeApi } from './network-segment-ranges/api.ts'
import type { RangeLogic } from './network-segment-ranges/logic.ts'
import { bindingApi } from './port-bindings/api.ts'
import type { BindingLogic } from './port-bindings/logic.ts'
import { portForwardingApi } from './port-forwardings/api.ts'
import type { PortForwardingLogic } from './port-forwardings/logic.ts'
import { portApi } from './ports/api.ts'
import type { PortLogic } from './ports/logic/ports.ts'
import { qosApi } from './qos-policies/api.ts'
import type { QosLogic } from './qos-policies/logic/policies.ts'
import { quotaApi } from './quotas/api.ts'
import type { QuotaLogic } from './quotas/logic.ts'
import { rbacApi } from './rbac-policies/api.ts'
import type { RbacLogic } from './rbac-policies/logic/policies.ts'
import { routerApi } from './routers/api.ts'
import type { RouterLogic } from './routers/logic/routers.ts'
import { securityGroupApi } from './security-groups/api.ts'
import type { SecurityGroupLogic } from './security-groups/logic/groups.ts'
import { segmentApi } from './segments/api.ts'
import type { SegmentLogic } from './segments/logic/segments.ts'
import type { ServerPorts } from './contract/ports.ts'
import { serviceProviderApi } from './service-providers/api.ts'
import { subnetpoolApi } from './subnetpools/api.ts'
import type { SubnetpoolLogic } from './subnetpools/logic/subnetpools.ts'
import { subnetApi } from './subnets/api.ts'
import type { SubnetLogic } from './subnets/logic/subnets.ts'
import type { TagKeeping } from './tags/logic.ts'
import { trunkApi } from './trunks/api.ts'
import type { TrunkLogic } from './trunks/logic/trunks.ts'
import { traceApi } from './traces/api.ts'
import type { TraceLogic } from './traces/logic.ts'
import { endpoint, query } from './versions.ts'

/** What the routes are answered by. */
export interface Logics {
  readonly networks: NetworkLogic
  readonly subnets: SubnetLogic
  readonly ports: PortLogic
  readonly pools: SubnetpoolLogic
  readonly scopes: AddressScopeLogic
  readonly securityGroups: SecurityGroupLogic
  readonly addressGroups: AddressGroupLogic
  readonly routers: RouterLogic
  readonly floatingips: FloatingipLogic
  readonly portForwardings: PortForwardingLogic
  readonly agents: AgentLogic
  readonly rbac: RbacLogic
  readonly availabilities: AvailabilityLogic
  readonly logs: LogLogic
  readonly bindings: BindingLogic
  readonly defaultRules: DefaultRuleLogic
  readonly helpers: ConntrackHelperLogic
  readonly ndpProxies: NdpProxyLogic
  readonly segments: SegmentLogic
  readonly ranges: RangeLogic
  readonly trunks: TrunkLogic
  readonly qos: QosLogic
  readonly metering: MeteringLogic
  readonly flavors: FlavorLogic
  readonly topologies: TopologyLogic
  /** For compute, in the same process. */
  readonly serverPorts: ServerPorts
  readonly quotas: QuotaLogic
  readonly tagsOf: Readonly<
    Record<'networks' | 'subnets' | 'ports' | 'pools' | 'groups' | 'routers' | 'floatingips' | 'qos' | 'trunks' | 'ranges', TagKeeping>
  >
  readonly traces: TraceLogic
  readonly changes: ChangeLog
  readonly dnsDomain: string
  readonly idOf: (space: string, name: string) => string
}

/** Every URL of the service. */
export const routes = (logics: Logics) => {
  const { networks, subnets, ports, tagsOf } = logics
  return [
    ...discoveryApi(),
    ...extensionApi(),
    ...networkApi(networks, tagsOf.networks),
    ...subnetApi(subnets, tagsOf.subnets, networks),
    ...subnetpoolApi(logics.pools, tagsOf.pools),
    ...addressScopeApi(logics.scopes),
    ...portApi({ ports, tags: tagsOf.ports, networks, dnsDomain: logics.dnsDomain, idOf: logics.idOf }),
    ...securityGroupApi(logics.securityGroups, tagsOf.groups),
    ...addressGroupApi(logics.addressGroups),
    ...routerApi(logics.routers, tagsOf.routers),
    ...floatingipApi(logics.floatingips, tagsOf.floatingips),
    ...portForwardingApi(logics.portForwardings, logics.floatingips),
    ...floatingipPoolApi(networks, subnets),
    ...agentApi(logics),
    ...rbacApi(logics.rbac),
    ...availabilityApi(logics.availabilities),
    ...serviceProviderApi(),
    ...logApi(logics.logs),
    ...bindingApi(logics.bindings),
    ...defaultRuleApi(logics.defaultRules),
    ...conntrackHelperApi(logics.helpers, logics.routers),
    ...ndpProxyApi(logics.ndpProxies),
    ...segmentApi(logics.segments),
    ...rangeApi(logics.ranges, tagsOf.ranges),
    ...trunkApi(logics.trunks, tagsOf.trunks),
    ...qosApi(logics.qos, tagsOf.qos),
    ...meteringApi(logics.metering),
    ...flavorApi(logics.flavors),
    ...topologyApi(logics.topologies),
    ...traceApi(logics.traces),
    ...quotaApi(logics.quotas),
    changeEndpoint('/v2.0/changes', { endpoint, query }, logics.changes, { own: 'network:changes', all: 'network:changes:all' }),
  ]
}
