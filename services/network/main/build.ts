import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import { addressGroupLogic } from '../address-groups/logic.ts'
import { addressGroupStore } from '../address-groups/store.ts'
import { addressScopeLogic } from '../address-scopes/logic.ts'
import { addressScopeStore } from '../address-scopes/store.ts'
import { ipamLogic } from '../ipam/logic.ts'
import { ipamStore } from '../ipam/store.ts'
import { type NetworkFollower, networkLogic } from '../networks/logic.ts'
import { networkStore } from '../networks/store.ts'
import { portAddresses } from '../ports/logic/addresses.ts'
import { type PortFollower, portLogic } from '../ports/logic/ports.ts'
import { portStore } from '../ports/store.ts'
import { quotaLogic } from '../quotas/logic.ts'
import { quotaStore } from '../quotas/store.ts'
import { sharingLogic } from '../rbac-policies/logic.ts'
import { rbacStore } from '../rbac-policies/store.ts'
import type { Logics } from '../routes.ts'
import { securityGroupLogic } from '../security-groups/logic/groups.ts'
import { ruleStore, securityGroupStore } from '../security-groups/store.ts'
import { segmentLogic } from '../segments/logic.ts'
import { segmentStore } from '../segments/store.ts'
import { subnetpoolLogic } from '../subnetpools/logic/subnetpools.ts'
import { subnetpoolStore } from '../subnetpools/store.ts'
import { type SubnetFollower, subnetLogic } from '../subnets/logic/subnets.ts'
import { subnetStore } from '../subnets/store.ts'
import type { Tables } from '../tables.ts'
import { tagLogic } from '../tags/logic.ts'
import { tagStore } from '../tags/store.ts'
import { mostOf, type NetworkSettings, quotasOf, segmentRulesOf } from './settings.ts'
import { persistently } from './write.ts'

export interface BuildWish {
  readonly settings: NetworkSettings
  readonly clock: Clock
  readonly chance: Chance
}

/** Stores and logics, put together: the one page that says who is handed what. */
export function build({ settings, clock, chance }: BuildWish, db: Database<Tables>): Logics {
  const { DEFAULT } = settings
  const write = persistently(db.transaction)
  const made = { write, clock, chance }
  const quotas = quotaLogic({ store: quotaStore(db), write, defaults: quotasOf(settings) })
  const tags = tagLogic({ store: tagStore(), write, clock })
  const sharing = sharingLogic({ store: rbacStore(db), chance })
  const tools = { ...made, quotas, tags }
  const networkFollowers: NetworkFollower[] = []
  const subnetFollowers: SubnetFollower[] = []
  const portFollowers: PortFollower[] = []

  const segmentRows = segmentStore(db)
  const rules = segmentRulesOf(settings)
  const segments = segmentLogic({ store: segmentRows, rules, chance, clock })
  const networkRows = networkStore(db, segmentRows.ofNetworks)
  const networks = networkLogic({ store: networkRows, ...tools, segments, sharing, rules, others: networkFollowers })

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
  const securityGroups = securityGroupLogic({ store: groupRows, rules: ruleRows, ...tools, sharing, addressGroups })

  const portRows = portStore(db, ipamRows.ofPorts)
  const addresses = portAddresses({ ipam, subnets, mostAddresses: DEFAULT.max_fixed_ips_per_port })
  const ports = portLogic({
    store: portRows,
    ...tools,
    networks,
    addresses,
    groups: securityGroups,
    hosts: { canWire: async () => true },
    baseMac: DEFAULT.base_mac,
    mostPairs: DEFAULT.max_allowed_address_pair,
    others: portFollowers,
  })

  networkFollowers.push(ports, subnets)

  return {
    networks,
    subnets,
    ports,
    pools,
    scopes,
    securityGroups,
    addressGroups,
    quotas,
    tagsOf: {
      networks: tags.of(networkRows),
      subnets: tags.of(subnetRows),
      ports: tags.of(portRows),
      pools: tags.of(poolRows),
      groups: tags.of(groupRows),
    },
    changes: db.changes,
    dnsDomain: DEFAULT.dns_domain,
    most: mostOf(settings),
  }
}
