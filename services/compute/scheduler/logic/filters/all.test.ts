import { plainFacts } from '@kilonova/hypervisor/contract/host.ts'
import { describe, expect, test } from 'vitest'
import { rulesOf } from '../../../kit.ts'
import { anAsk } from '../../kit.ts'
import type { HostState, HostedServer } from '../../scheduler/host.ts'
import type { Request } from '../../scheduler/request.ts'
import { allFilters } from './all.ts'
import { matches } from './match.ts'

type Metadata = Readonly<Record<string, string>>

interface HostWish extends Partial<Omit<HostState, 'servers' | 'aggregates' | 'facts'>> {
  readonly facts?: Partial<HostState['facts']>
  readonly servers?: readonly Partial<HostedServer>[]
  readonly aggregates?: readonly Metadata[]
}

const aHost = ({ facts, servers = [], aggregates = [], ...more }: HostWish = {}): HostState => ({
  ...{ id: 'h1', host: 'host1', isDisabled: false, disabledReason: null, isForcedDown: false, seenAt: '2026-01-01T00:00:00.000Z' },
  facts: plainFacts({ host: 'host1', vcpus: 4, memoryMb: 4096, diskGb: 100, ...facts }),
  aggregates: aggregates.map((metadata, at) => ({
    ...{ id: at + 1, uuid: `a${at}`, name: `a${at}`, hosts: ['host1'], metadata, createdAt: '', updatedAt: null },
  })),
  servers: new Map(
    servers.map((one, at) => {
      const id = one.id ?? `s${at}`
      return [id, { id, host: 'host1', projectId: 'p', vmState: 'active', taskState: null, launchedAt: 'then', ...one }]
    }),
  ),
  ...{ failedBuilds: 0, isUp: true, seenMs: 0 },
  provider: {
    ...{ uuid: 'h1', name: 'host1', generation: 1, rootUuid: 'h1', parentUuid: null, traits: new Set(), aggregates: new Set() },
    stock: new Map([
      ['MEMORY_MB', { total: 4096, reserved: 0, minUnit: 1, maxUnit: 4096, stepSize: 1, allocationRatio: 1, used: 1024 }],
      ['VCPU', { total: 4, reserved: 0, minUnit: 1, maxUnit: 4, stepSize: 1, allocationRatio: 4, used: 2 }],
    ]),
  },
  ...more,
})

type AskWish = Parameters<typeof anAsk>[1] & { readonly group?: Request['group'] }
const aRequest = ({ group, ...ask }: AskWish = {}): Request => ({ ...anAsk(1, ask), namedHosts: new Map(), group })
const specs = (extraSpecs: Metadata): AskWish => ({ flavor: { extraSpecs } })
const image = (properties: Metadata): AskWish => ({ image: { id: 'i', properties } })
const group = (policy: string, members: Readonly<Record<string, number>>, rules = {}): AskWish => ({
  group: { id: 'g', policy, rules, members: new Map(Object.entries(members)) },
})
type Row = readonly [name: string, says: string, host: HostWish, ask: AskWish, flag?: string, other?: string]
const building = { vmState: 'building' }

const judged = (name: string, host: HostWish, ask: AskWish, flags: readonly (string | undefined)[] = []) => {
  const filter = allFilters(rulesOf(...flags.filter(one => one !== undefined))).find(one => one.name === name)
  if (!filter) throw new Error(`there is no ${name}`)
  return filter.objection(aHost(host), aRequest(ask))
}

// biome-ignore format: a table: who passes
const passes: readonly Row[] = [
  ['MetricsFilter', 'a host that measures what counts', { facts: { metrics: { 'cpu.percent': 7 } } }, {}, 'metrics.weight_setting=cpu.percent=-1.0'],
  ['MetricsFilter', 'any host when nothing counts', {}, {}],
  ['AllHostsFilter', 'anything', { isDisabled: true }, {}],
  ['ComputeFilter', 'a host that lives', {}, {}],
  ['AvailabilityZoneFilter', 'any host when no zone is asked for', { aggregates: [{ availability_zone: 'east' }] }, {}],
  ['AvailabilityZoneFilter', 'a host of the zone', { aggregates: [{ availability_zone: 'east' }] }, { zone: 'east' }],
  ['AvailabilityZoneFilter', 'a host of no zone for the usual one', {}, { zone: 'nova' }],
  ['ComputeCapabilitiesFilter', 'what is known and fits', {}, specs({ 'capabilities:hypervisor_type': 'fake', 'capabilities:cpu_info:topology:cores': '>= 4' })],
  ['ComputeCapabilitiesFilter', 'words of others', {}, specs({ 'hw:cpu_policy': 'shared', ssd: 'true' })],
  ['ComputeCapabilitiesFilter', 'a plain word that hosts know', {}, specs({ vcpus_total: '= 4' })],
  ['ImagePropertiesFilter', 'an image that says nothing', {}, image({})],
  ['ImagePropertiesFilter', 'an image for such hosts', {}, image({ hw_architecture: 'amd64', img_hv_type: 'fake', hw_vm_mode: 'hvm' })],
  ['ImagePropertiesFilter', 'a version that fits', { facts: { hypervisorVersion: 7_002_015 } }, image({ img_hv_type: 'fake', img_hv_requested_version: '>=6.0, <8' })],
  ['ServerGroupAntiAffinityFilter', 'a host without members', {}, group('anti-affinity', { host2: 1 })],
  ['ServerGroupAntiAffinityFilter', 'as many as may be', {}, group('anti-affinity', { host1: 1 }, { max_server_per_host: 2 })],
  ['ServerGroupAntiAffinityFilter', 'the host the server is on', { servers: [{ id: anAsk(1).consumerId }] }, group('anti-affinity', { host1: 1 })],
  ['ServerGroupAffinityFilter', 'the first of a group', {}, group('affinity', {})],
  ['ServerGroupAffinityFilter', 'the host of the group', {}, group('affinity', { host1: 2 })],
  ['SameHostFilter', 'where it is', { servers: [{ id: 'x' }] }, { hints: { same_host: ['y', 'x'] } }],
  ['DifferentHostFilter', 'where it is not', { servers: [{ id: 'x' }] }, { hints: { different_host: 'y' } }],
  ['SimpleCIDRAffinityFilter', 'a neighbour', { facts: { hostIp: '10.0.1.7' } }, { hints: { build_near_host_ip: '10.0.1.200' } }],
  ['SimpleCIDRAffinityFilter', 'a neighbour of IPv6', { facts: { hostIp: 'fd00::1' } }, { hints: { build_near_host_ip: 'fd00::ff', cidr: '/64' } }],
  ['AggregateInstanceExtraSpecsFilter', 'an aggregate that says so', { aggregates: [{ ssd: 'true,yes' }] }, specs({ ssd: 'yes', 'aggregate_instance_extra_specs:ssd': 'true', 'hw:x': 'y' })],
  ['AggregateMultiTenancyIsolation', 'a project of the aggregate', { aggregates: [{ filter_tenant_id: 'p-x, p-demo' }] }, {}],
  ['AggregateImagePropertiesIsolation', 'an image that does not speak of it', { aggregates: [{ os_distro: 'debian' }] }, image({})],
  ['AggregateImagePropertiesIsolation', 'keys outside the namespace', { aggregates: [{ os_distro: 'debian' }] }, image({ os_distro: 'arch' }), 'filter_scheduler.aggregate_image_properties_isolation_namespace=iso'],
  ['AggregateTypeAffinityFilter', 'a flavor of the aggregate', { aggregates: [{ instance_type: 'm1.tiny,m1.small' }] }, {}],
  ['IoOpsFilter', 'a calm host', { servers: [building, {}, {}] }, {}, 'filter_scheduler.max_io_ops_per_host=2'],
  ['AggregateIoOpsFilter', 'what its aggregate allows', { servers: [building, building], aggregates: [{ max_io_ops_per_host: '3' }] }, {}, 'filter_scheduler.max_io_ops_per_host=1'],
  ['NumInstancesFilter', 'a host with room', { servers: [{}] }, {}, 'filter_scheduler.max_instances_per_host=2'],
  ['AggregateNumInstancesFilter', 'what its aggregate allows', { servers: [{}, {}], aggregates: [{ max_instances_per_host: '3' }] }, {}, 'filter_scheduler.max_instances_per_host=1'],
  ['JsonFilter', 'a query it meets', {}, { hints: { query: '["and", [">=", "$free_ram_mb", 1024], ["in", "$host", "host1", "host2"], ["not", false]]' } }],
  ['IsolatedHostsFilter', 'an isolated image on an isolated host', {}, image({}), 'filter_scheduler.isolated_hosts=host1', 'filter_scheduler.isolated_images=i'],
  ['IsolatedHostsFilter', 'others on others', {}, image({}), 'filter_scheduler.isolated_hosts=host2', 'filter_scheduler.isolated_images=j'],
  ['NUMATopologyFilter', 'who asks for nothing', {}, {}],
  ['NUMATopologyFilter', 'one group', {}, specs({ 'hw:numa_nodes': '1' })],
  ['PciPassthroughFilter', 'who wants no device', {}, {}],
]

// biome-ignore format: a table: who does not, and what is said of it
const refusals: readonly Row[] = [
  ['MetricsFilter', 'capabilities: it does not measure cpu.percent', {}, {}, 'metrics.weight_setting=cpu.percent=-1.0'],
  ['ComputeFilter', 'disabled: it is disabled: broken', { isDisabled: true, disabledReason: 'broken' }, {}],
  ['ComputeFilter', 'down: it was last heard from at 2026-01-01T00:00:00.000Z', { isUp: false }, {}],
  ['ComputeFilter', 'down: it was forced down', { isForcedDown: true, isUp: false }, {}],
  ['AvailabilityZoneFilter', 'zone: it is in east, not in nova', { aggregates: [{ availability_zone: 'east' }] }, { zone: 'nova' }],
  ['ComputeCapabilitiesFilter', 'capabilities: capabilities:hypervisor_type is fake, “s== QEMU” wanted', {}, specs({ 'capabilities:hypervisor_type': 's== QEMU' })],
  ['ComputeCapabilitiesFilter', 'capabilities: capabilities:gpus is not known of it, “1” wanted', {}, specs({ 'capabilities:gpus': '1' })],
  ['ImagePropertiesFilter', 'image: it runs x86_64/fake/hvm; the image wants aarch64', {}, image({ hw_architecture: 'arm64' })],
  ['ImagePropertiesFilter', 'image: its hypervisor is 1.0.0; the image wants >=6.0', {}, image({ img_hv_type: 'fake', img_hv_requested_version: '>=6.0' })],
  ['ServerGroupAntiAffinityFilter', 'apart: 1 of the group g are there; at most 1 may be', {}, group('anti-affinity', { host1: 1 })],
  ['ServerGroupAffinityFilter', 'together: the group g is on host2', {}, group('affinity', { host2: 1 })],
  ['SameHostFilter', 'hint: none of the servers that same_host names is there: y', { servers: [{ id: 'x' }] }, { hints: { same_host: 'y' } }],
  ['DifferentHostFilter', 'hint: server x is there, and different_host names it', { servers: [{ id: 'x' }] }, { hints: { different_host: ['x'] } }],
  ['SimpleCIDRAffinityFilter', 'hint: its address 10.0.2.7 is not in 10.0.1.200/24', { facts: { hostIp: '10.0.2.7' } }, { hints: { build_near_host_ip: '10.0.1.200' } }],
  ['AggregateInstanceExtraSpecsFilter', 'aggregate: none of its aggregates says ssd; the flavor wants “true”', {}, specs({ ssd: 'true' })],
  ['AggregateInstanceExtraSpecsFilter', 'aggregate: its aggregates say ssd=false; the flavor wants “true”', { aggregates: [{ ssd: 'false' }] }, specs({ ssd: 'true' })],
  ['AggregateMultiTenancyIsolation', 'isolated: its aggregates keep it for other projects', { aggregates: [{ filter_tenant_id: 'p-x' }] }, {}],
  ['AggregateImagePropertiesIsolation', 'image: its aggregates want images with os_distro of debian, not arch', { aggregates: [{ os_distro: 'debian' }] }, image({ os_distro: 'arch' })],
  ['AggregateTypeAffinityFilter', 'aggregate: its aggregates are for the flavors m1.huge, not for m1.tiny', { aggregates: [{ instance_type: 'm1.huge' }] }, {}],
  ['IoOpsFilter', 'busy: 2 servers are being made, moved or copied there; at most 2 may be', { servers: [building, { taskState: 'image_snapshot' }] }, {}, 'filter_scheduler.max_io_ops_per_host=2'],
  ['AggregateIoOpsFilter', 'busy: 1 servers are being made, moved or copied there; at most 1 may be', { servers: [building], aggregates: [{ max_io_ops_per_host: '1' }, { max_io_ops_per_host: '5' }] }, {}],
  ['NumInstancesFilter', 'crowded: it has 2 servers; at most 2 may be', { servers: [{}, {}] }, {}, 'filter_scheduler.max_instances_per_host=2'],
  ['AggregateNumInstancesFilter', 'crowded: it has 1 servers; at most 1 may be', { servers: [{}], aggregates: [{ max_instances_per_host: '1' }] }, {}],
  ['JsonFilter', 'hint: it does not meet the query [">","$free_ram_mb",4000]', {}, { hints: { query: '[">", "$free_ram_mb", 4000]' } }],
  ['JsonFilter', 'hint: its query cannot be read: no JSON', {}, { hints: { query: 'no JSON' } }],
  ['JsonFilter', 'hint: its query has an unknown operator: ["like","$host","x"]', {}, { hints: { query: '["like", "$host", "x"]' } }],
  ['IsolatedHostsFilter', 'isolated: the image runs on isolated hosts alone', {}, image({}), 'filter_scheduler.isolated_images=i'],
  ['IsolatedHostsFilter', 'isolated: it is kept for isolated images', {}, image({}), 'filter_scheduler.isolated_hosts=host1'],
  ['NUMATopologyFilter', 'topology: it has 1 groups of processors, 2 wanted', {}, specs({ 'hw:numa_nodes': '2' })],
  ['NUMATopologyFilter', 'topology: it has not 512 MiB free in 1GB pages', {}, specs({ 'hw:mem_page_size': '1GB' })],
  ['PciPassthroughFilter', 'devices: it gives no devices through; the flavor wants gpu:1', {}, specs({ 'pci_passthrough:alias': 'gpu:1' })],
]

const named = (rows: readonly Row[]) => rows.map(([name, says, host, ask, ...flags]) => ({ name, says, host, ask, flags }))

describe('a host', () => {
  test.each(named(passes))('passes $name: $says', ({ name, host, ask, flags }) => {
    expect(judged(name, host, ask, flags)).toBeUndefined()
  })

  test.each(named(refusals))('does not pass $name, $says', ({ name, says, host, ask, flags }) => {
    const objection = judged(name, host, ask, flags)
    expect(`${objection?.kind}: ${objection?.says}`).toBe(says)
  })
})

test('every filter has been tried both ways', () => {
  const names = allFilters(rulesOf()).map(one => one.name)
  expect(names.filter(name => !passes.some(([one]) => one === name))).toEqual([])
  expect(names.filter(name => !refusals.some(([one]) => one === name))).toEqual(['AllHostsFilter'])
})

test.each([
  ['4', '= 3', true],
  ['2', '>= 3', false],
  ['3', '== 3', true],
  ['3', '!= 3', false],
  ['abc', '<in> b', true],
  ['sse avx', '<all-in> sse avx', true],
  ['b', '<or> a <or> b', true],
  ['c', '<or> a <or> b', false],
  ['a', 's< b', true],
  ['kvm', 'kvm', true],
  ['many', '>= 3', false],
  ['x', '>=', false],
])('%s fits “%s”: %s', (value, demand, fits) => {
  expect(matches(value, demand)).toBe(fits)
})
