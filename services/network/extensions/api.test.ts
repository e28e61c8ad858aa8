import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Bench, bench } from '../kit.ts'

/** What a stock cloud with Linux bridges, QoS, metering and flavors of routers says that it can. */
// biome-ignore format: words in rows
const stock = [
  'address-group', 'address-scope', 'agent', 'agent-resources-synced', 'allowed-address-pairs', 'auto-allocated-topology', 'availability_zone',
  'availability_zone_filter', 'binding', 'binding-extended', 'default-subnetpools', 'dhcp_agent_scheduler', 'dvr', 'empty-string-filtering',
  'ext-gw-mode', 'external-net', 'extra_dhcp_opt', 'extraroute', 'extraroute-atomic', 'filter-validation', 'fip-port-details', 'flavors',
  'floating-ip-port-forwarding-detail', 'floatingip-pools', 'ip-substring-filtering', 'l3-flavors', 'l3-ha', 'l3-port-ip-change-not-allowed',
  'l3_agent_scheduler', 'metering', 'metering_source_and_destination_fields', 'multi-provider', 'net-mtu', 'net-mtu-writable',
  'network-ip-availability', 'network_availability_zone', 'pagination', 'port-device-profile', 'port-mac-address-regenerate', 'port-mac-override',
  'port-numa-affinity-policy', 'port-resource-request', 'port-resource-request-groups', 'port-security', 'port-security-groups-filtering',
  'project-id', 'provider', 'qos', 'qos-bw-limit-direction', 'qos-bw-minimum-ingress', 'qos-default', 'qos-fip', 'qos-gateway-ip',
  'qos-port-network-policy', 'qos-pps', 'qos-pps-minimum', 'qos-pps-minimum-rule-alias', 'qos-rule-type-details', 'qos-rule-type-filter',
  'qos-rules-alias', 'quota-check-limit', 'quota_details', 'quotas', 'rbac-address-group', 'rbac-address-scope', 'rbac-policies',
  'rbac-security-groups', 'rbac-subnetpool', 'revision-if-match', 'router', 'router-admin-state-down-before-update', 'router_availability_zone',
  'security-group', 'security-groups-normalized-cidr', 'security-groups-remote-address-group', 'security-groups-shared-filtering',
  'service-type', 'sorting', 'standard-attr-description', 'standard-attr-revisions', 'standard-attr-tag', 'standard-attr-timestamp',
  'stateful-security-group', 'subnet-service-types', 'subnet_allocation', 'subnet_onboard', 'subnetpool-prefix-ops',
]

/** What more there is, of what stock clouds leave to the operator to switch on. */
// biome-ignore format: words in rows
const besides = [
  'expose-l3-conntrack-helper', 'expose-port-forwarding-in-fip', 'external-gateway-multihoming', 'qos-fip-network-policy',
  'floating-ip-port-forwarding', 'floating-ip-port-forwarding-description', 'ip_allocation', 'l2_adjacency',
  'l3-conntrack-helper', 'logging', 'l3-ext-ndp-proxy', 'l3-ndp-proxy', 'network-segment-range', 'security-groups-default-rules', 'segment',
  'sort-key-validation', 'standard-attr-segment', 'subnet-segmentid-enforce', 'subnet-segmentid-writable', 'tag-ports-during-bulk-creation',
  'trunk', 'trunk-details', 'uplink-status-propagation',
]

/** What is left out, and why. */
const leftOut: Readonly<Record<string, readonly string[]>> = {
  'services of their own, beside the network': [
    ...['bgp', 'bgp_4byte_asn', 'bgp_dragent_scheduler', 'bgpvpn', 'bgpvpn-routes-control', 'bgpvpn-vni', 'rbac-bgpvpn'],
    ...[
      'flow_classifier',
      'fwaas_v2',
      'sfc',
      'taas',
      'taas-vlan-filter',
      'vpn-endpoint-groups',
      'vpn-flavors',
      'vpnaas',
      'logging-resource',
    ],
  ],
  'Linux bridges cannot keep it: tags inside of tags, addresses that mean another guest on each host': [
    ...['vlan-transparent', 'local_ip'],
  ],
  'belongs to switches of another make': ['port-hints', 'port-hint-ovs-tx-steering', 'port-hardware-offload-type'],
  'names are served on the network alone, no DNS service is told of them': [
    ...['dns-integration', 'dns-domain-ports', 'dns-integration-domain-keywords', 'subnet-dns-publish-fixed-ip'],
  ],
}

let at: Bench
beforeAll(async () => {
  at = await bench()
})
afterAll(() => at.close())

const list = async () => (await at.ask('GET /v2.0/extensions')).body.extensions as readonly { alias: string; name: string }[]

describe('the list of extensions', () => {
  test('names all that a stock cloud has, what more is here, and nothing else', async () => {
    expect((await list()).map(({ alias }) => alias).sort()).toEqual([...stock, ...besides].sort())
  })

  test.each(Object.entries(leftOut))('names nothing of what is left out: %s', async (_, aliases) => {
    const named = (await list()).map(({ alias }) => alias)
    expect(aliases.filter(alias => named.includes(alias))).toEqual([])
  })

  test('shows each of them', async () => {
    const { status, body } = await at.ask('GET /v2.0/extensions/trunk')
    expect([status, body.extension]).toMatchObject([200, { alias: 'trunk', name: 'Trunk Extension' }])
    expect((await at.ask('GET /v2.0/extensions/sfc')).status).toBe(404)
  })
})

/** A collection for each noun that an extension brings. */
// biome-ignore format: words in rows
const collections = [
  'address-groups', 'address-scopes', 'agents', 'availability_zones', 'default-security-group-rules', 'flavors', 'floatingip_pools', 'log/logs', 'log/loggable-resources',
  'floatingips', 'metering/metering-label-rules', 'metering/metering-labels', 'ndp_proxies', 'network-ip-availabilities',
  'network_segment_ranges', 'networks', 'ports', 'qos/policies', 'qos/rule-types', 'quotas', 'rbac-policies', 'routers',
  'security-group-rules', 'security-groups', 'segments', 'service-providers', 'service_profiles', 'subnetpools', 'subnets', 'trunks',
]

describe('a collection', () => {
  test.each(collections)('%s is there', async path => {
    expect((await at.ask(`GET /v2.0/${path}`, { as: 'admin' })).status).toBe(200)
  })

  test.each(['trunks', 'segments', 'ndp_proxies', 'network_segment_ranges', 'networks', 'ports', 'routers', 'subnetpools'])(
    '%s is had in pages, in an order, by fields, and not by what it does not have',
    async path => {
      const ask = (query: string) => at.ask(`GET /v2.0/${path}?${query}`, { as: 'admin' })
      expect((await ask('limit=1&sort_key=id&sort_dir=desc&fields=id')).status).toBe(200)
      expect((await ask('nonsense=1')).status).toBe(400)
      expect((await ask('sort_key=nonsense&sort_dir=asc')).status).toBe(400)
    },
  )
})
