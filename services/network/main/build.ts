import { freshness } from '@kilonova/platform/changes/freshness.ts'
import { rememberingThings } from '@kilonova/platform/changes/remembering-things.ts'
import type { Bus } from '@kilonova/platform/bus/bus.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import { addressGroupLogic } from '../address-groups/logic.ts'
import { addressGroupStore } from '../address-groups/store.ts'
import { addressScopeLogic } from '../address-scopes/logic.ts'
import { addressScopeStore } from '../address-scopes/store.ts'
import { agentClient, deafHosts } from '../clients/agents.ts'
import { agentLogic } from '../agents/logic.ts'
import { agentStore } from '../agents/store.ts'
import { topologyLogic } from '../auto-topologies/logic.ts'
import { conntrackHelperLogic } from '../connection-trackers/logic.ts'
import { conntrackHelperStore } from '../connection-trackers/store.ts'
import { defaultRuleLogic } from '../default-security-group-rules/logic.ts'
import { defaultRuleStore } from '../default-security-group-rules/store.ts'
import { flavorLogic } from '../flavors/logic.ts'
import { flavorStore, profileStore } from '../flavors/store.ts'
import { floatingipLogic } from '../floatingips/logic.ts'
import { floatingipStore } from '../floatingips/store.ts'
import { availabilityLogic } from '../ip-availabilities/logic.ts'
import { availabilityStore } from '../ip-availabilities/store.ts'
import { ipamLogic } from '../ipam/logic.ts'
import { ipamStore } from '../ipam/store.ts'
import { type LogLogic, logLogic } from '../logs/logic.ts'
import { logStore } from '../logs/store.ts'
import { meteringLogic } from '../metering/logic.ts'
import { labelStore, meteringRuleStore } from '../metering/store.ts'
import { type NetworkFollower, networkLogic } from '../networks/logic.ts'
import { ndpProxyLogic } from '../ndp-proxies/logic.ts'
import { ndpProxyStore } from '../ndp-proxies/store.ts'
import { networkStore } from '../networks/store.ts'
import { rangeLogic } from '../network-segment-ranges/logic.ts'
import { rangeStore } from '../network-segment-ranges/store.ts'
import { hostId } from '../drivers/names/host-id.ts'
import { nameId } from '../drivers/names/name-id.ts'
import { portForwardingLogic } from '../port-forwardings/logic.ts'
import { portForwardingStore } from '../port-forwardings/store.ts'
import { bindingLogic } from '../port-bindings/logic.ts'
import { bindingStore } from '../port-bindings/store.ts'
import { portAddresses } from '../ports/logic/addresses.ts'
import { type PortFollower, portLogic } from '../ports/logic/ports.ts'
import { portStore, rememberedPorts } from '../ports/store.ts'
import { qosLogic } from '../qos-policies/logic/policies.ts'
import { qosPolicyStore, qosRuleStore } from '../qos-policies/store.ts'
import { quotaLogic } from '../quotas/logic.ts'
import { quotaStore } from '../quotas/store.ts'
import { sharingLogic } from '../rbac-policies/logic/sharing.ts'
import { rbacLogic } from '../rbac-policies/logic/policies.ts'
import { rbacStore } from '../rbac-policies/store.ts'
import { type RouterFollower, routerLogic } from '../routers/logic/routers.ts'
import { routerStore } from '../routers/store.ts'
import type { Logics } from '../routes.ts'
import { securityGroupLogic } from '../security-groups/logic/groups.ts'
import { ruleStore, securityGroupStore } from '../security-groups/store.ts'
import { serverPortLogic } from '../server-ports/logic.ts'
import { seatStore } from '../server-ports/store.ts'
import { allocationOf } from '../segments/logic/allocation.ts'
import { segmentLogic } from '../segments/logic/segments.ts'
import { segmentedSubnets } from '../segments/logic/subnets.ts'
import { segmentStore } from '../segments/store.ts'
import { subnetpoolLogic } from '../subnetpools/logic/subnetpools.ts'
import { subnetpoolStore } from '../subnetpools/store.ts'
import { type SubnetFollower, subnetLogic } from '../subnets/logic/subnets.ts'
import { subnetStore } from '../subnets/store.ts'
import type { Tables, Transaction } from '../tables.ts'
import { tagLogic } from '../tags/logic.ts'
import { tagStore } from '../tags/store.ts'
import { trunkLogic } from '../trunks/logic/trunks.ts'
import { trunkStore } from '../trunks/store.ts'
import { trackersOf, type NetworkSettings, quotasOf, segmentRulesOf } from './settings.ts'
import { traceLogic } from '../traces/logic.ts'
import { traceStore } from '../traces/store.ts'
import { wiringStore } from '../wiring/store.ts'
import { persistently } from './write.ts'

/** So many ports stay in memory, some kilobytes each. */
const mostPorts = 10_000

export interface BuildWish {
  readonly settings: NetworkSettings
  readonly clock: Clock
  readonly chance: Chance
  /** Where hosts are asked what they are like; without it nobody can look at them. */
  readonly bus?: Bus | undefined
}

/** Stores and logics, put together: the one page that says who is handed what. */
export function build({ settings, clock, chance, bus }: BuildWish, db: Database<Tables>): Logics {
  const { DEFAULT } = settings
  const write = persistently(db.transaction)
  const made = { write, clock, chance }
  const quotas = quotaLogic({ store: quotaStore(db), write, defaults: quotasOf(settings) })
  const tags = tagLogic({ store: tagStore(), write, clock })
  const rbacRows = rbacStore(db)
  const sharing = sharingLogic({ store: rbacRows, chance, quotas })
  const tools = { ...made, quotas, tags }
  const networkFollowers: NetworkFollower[] = []
  const subnetFollowers: SubnetFollower[] = []
  const portFollowers: PortFollower[] = []
  const groupFollowers: LogLogic['groupFollower'][] = []
  const routerFollowers: RouterFollower[] = []
  const silentMs = DEFAULT.agent_down_time
  const agents = agentLogic({ store: agentStore(db, () => clock.now() - silentMs), ...made, silentMs })

  const segmentRows = segmentStore(db)
  const rules = segmentRulesOf(settings)
  const rangeRows = rangeStore(db)
  const ranges = rangeLogic({ store: rangeRows, rules, idOf: hostId, ...tools })
  const allocation = allocationOf({ store: segmentRows, rules, pools: ranges.pools, chance, clock })
  const networkRows = networkStore(db, segmentRows.ofNetworks)
  const networks = networkLogic({ store: networkRows, ...tools, segments: allocation, sharing, rules, others: networkFollowers })
  const segments = segmentLogic({ store: segmentRows, allocation, ...tools, networks })

  const ipamRows = ipamStore(db, chance)
  const ipam = ipamLogic(ipamRows)
  const scopes = addressScopeLogic({ store: addressScopeStore(db), ...tools, sharing })
  const poolRows = subnetpoolStore(db)
  const pools = subnetpoolLogic({ store: poolRows, ...tools, sharing, scopes, networks })
  const subnetRows = subnetStore(db, ipamRows.poolsOf)
  const limits = { nameservers: DEFAULT.max_dns_nameservers, hostRoutes: DEFAULT.max_subnet_host_routes }
  const subnets = subnetLogic({ store: subnetRows, ...tools, networks, ipam, source: pools.source, limits, others: subnetFollowers })

  const addressGroups = addressGroupLogic({ store: addressGroupStore(db), ...tools, sharing })
  const ruleRows = ruleStore(db)
  const groupRows = securityGroupStore(db, ruleRows)
  const defaultRules = defaultRuleLogic({ store: defaultRuleStore(db), ...tools, groups: groupRows, addressGroups })
  const securityGroups = securityGroupLogic({
    store: groupRows,
    firstRules: defaultRules.of,
    others: groupFollowers,
    rules: ruleRows,
    ...tools,
    sharing,
    addressGroups,
  })

  const portRows = portStore(db, ipamRows.ofPorts, rememberingThings(freshness(db.changes), { ...rememberedPorts, most: mostPorts }))
  const addresses = portAddresses({
    ...{ ipam, subnets, mostAddresses: DEFAULT.max_fixed_ips_per_port },
    segmentsAt: async (tx, networkId, host) => {
      const there = await agents.reaching(tx, host, await segmentRows.ofNetworks([networkId], tx.read))
      return there.map(({ id }) => id)
    },
  })
  const ports = portLogic({
    store: portRows,
    ...tools,
    networks,
    addresses,
    groups: securityGroups,
    hosts: agents,
    baseMac: DEFAULT.base_mac,
    mostPairs: DEFAULT.max_allowed_address_pair,
    others: portFollowers,
  })

  const bindings = bindingLogic({ store: bindingStore(db), write, ports, networks, hosts: agents })

  const routerRows = routerStore(db)
  const routers = routerLogic({
    store: routerRows,
    ...tools,
    networks,
    subnets,
    ports,
    agents,
    mostRoutes: DEFAULT.max_routes,
    others: routerFollowers,
  })
  const qosRules = qosRuleStore(db)
  const qosRows = qosPolicyStore(db, qosRules)
  const qos = qosLogic({ store: qosRows, rules: qosRules, ...tools, sharing })
  const floatingipRows = floatingipStore(db)
  const forwardingRows = portForwardingStore(db)
  const forwardings = { countOf: (tx: Transaction, id: string) => forwardingRows.countOf(id, tx.read) }
  const floatingips = floatingipLogic({ store: floatingipRows, ...tools, networks, subnets, ports, routers, forwardings, policies: qos })
  const portForwardings = portForwardingLogic({ store: forwardingRows, ...tools, floatingips, ports, subnets, routers })

  const zoned: NetworkFollower = {
    checkNetwork: (tx, { availabilityZoneHints }) => agents.mustHaveZones('network', availabilityZoneHints, tx.read),
    forgetNetwork: (tx, network) => agents.dhcp.forget(tx, network),
  }
  const helpers = conntrackHelperLogic({ store: conntrackHelperStore(db), ...tools, routers, allowed: trackersOf(settings) })
  const ndpProxies = ndpProxyLogic({ store: ndpProxyStore(db), ...tools, ports, networks, routers })
  const logs = logLogic({ store: logStore(db), ...tools, ports: portRows, groups: groupRows })
  groupFollowers.push(logs.groupFollower)
  const trunkRows = trunkStore(db)
  const trunks = trunkLogic({ store: trunkRows, ...tools, networks, ports })
  networkFollowers.push(zoned, qos.networkFollower, floatingips, ports, subnets)
  const topologies = topologyLogic({ networks, subnets, routers, pools })
  const seats = { store: seatStore(db), write, changes: db.changes, clock }
  const serverPorts = serverPortLogic({ ...seats, networks, subnets, ports, securityGroups, topologies, quotas })
  subnetFollowers.push(segmentedSubnets({ store: segmentRows }), ports)
  portFollowers.push(
    qos.portFollower,
    serverPorts.follower,
    routers.follower,
    floatingips.follower,
    portForwardings.follower,
    trunks.follower,
    ndpProxies.portFollower,
    bindings.follower,
    logs.portFollower,
  )
  routerFollowers.push(
    { addRouter: agents.routing.schedule, forgetRouter: agents.routing.forget },
    helpers.follower,
    ndpProxies.routerFollower,
    qos.routerFollower,
  )

  const rbac = rbacLogic({
    store: rbacRows,
    ...tools,
    sharing,
    networks,
    objects: {
      network: networks.find,
      subnetpool: pools.find,
      address_scope: scopes.find,
      address_group: addressGroups.find,
      security_group: securityGroups.groups.find,
      qos_policy: qos.find,
    },
  })

  return {
    networks,
    subnets,
    ports,
    pools,
    scopes,
    securityGroups,
    addressGroups,
    routers,
    floatingips,
    portForwardings,
    agents,
    rbac,
    availabilities: availabilityLogic({ store: availabilityStore(db), networks, subnets }),
    serverPorts,
    logs,
    bindings,
    defaultRules,
    helpers,
    ndpProxies,
    segments,
    ranges,
    trunks,
    qos,
    metering: meteringLogic({ labels: labelStore(db), rules: meteringRuleStore(db), ...tools }),
    flavors: flavorLogic({ flavorRows: flavorStore(db), profileRows: profileStore(db), ...tools }),
    topologies,
    quotas,
    tagsOf: {
      networks: tags.of(networkRows),
      subnets: tags.of(subnetRows),
      ports: tags.of(portRows),
      pools: tags.of(poolRows),
      groups: tags.of(groupRows),
      routers: tags.of(routerRows),
      floatingips: tags.of(floatingipRows),
      qos: tags.of(qosRows),
      trunks: tags.of(trunkRows),
      ranges: tags.of(rangeRows),
    },
    traces: traceLogic({
      store: traceStore(db),
      landscape: wiringStore(db),
      agents,
      hosts: bus ? agentClient(bus) : deafHosts,
      domain: DEFAULT.dns_domain,
      clock,
    }),
    changes: db.changes,
    dnsDomain: DEFAULT.dns_domain,
    idOf: nameId,
  }
}
