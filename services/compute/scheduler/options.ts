import { boolean, decimal, integer, list, many, text } from '@kilonova/platform/config/kinds.ts'
import { options, type Values } from '@kilonova/platform/config/options.ts'

const weight = (what: string, usually = 1) => decimal({ default: usually, about: `how much ${what} counts; below 0 it counts against` })

/** What an operator may say about where servers go; names and defaults are OpenStack's. */
export const schedulerOptions = options({
  DEFAULT: {
    cpu_allocation_ratio: decimal({
      min: 0,
      about: 'how often a host’s processors are given; without it placement keeps what it was told',
    }),
    ram_allocation_ratio: decimal({ min: 0, about: 'how often its memory is given' }),
    disk_allocation_ratio: decimal({ min: 0, about: 'how often its disk is given' }),
    initial_cpu_allocation_ratio: decimal({ default: 4, min: 0, about: 'the ratio of processors that a host begins with' }),
    initial_ram_allocation_ratio: decimal({ default: 1, min: 0, about: 'the ratio of memory that a host begins with' }),
    initial_disk_allocation_ratio: decimal({ default: 1, min: 0, about: 'the ratio of disk that a host begins with' }),
    reserved_host_cpus: integer({ default: 0, min: 0, about: 'processors of a host that guests do not get' }),
    reserved_host_memory_mb: integer({ default: 512, min: 0, about: 'memory of a host that guests do not get' }),
    reserved_host_disk_mb: integer({ default: 0, min: 0, about: 'disk of a host that guests do not get' }),
    default_availability_zone: text({ default: 'nova', about: 'the zone of hosts of which no aggregate says so' }),
  },
  scheduler: {
    max_attempts: integer({ default: 3, min: 1, about: 'on how many hosts a server is tried' }),
    max_placement_results: integer({ default: 1000, min: 1, about: 'how many candidates placement is asked for' }),
    query_placement_for_availability_zone: boolean({ default: true, about: 'ask placement for the hosts of a zone alone' }),
    query_placement_for_image_type_support: boolean({ default: false, about: 'ask placement for hosts that know the format of the image' }),
    limit_tenants_to_placement_aggregate: boolean({ default: false, about: 'projects with aggregates of their own run there alone' }),
    placement_aggregate_required_for_tenants: boolean({ default: false, about: 'projects without aggregates of their own run nowhere' }),
    enable_isolated_aggregate_filtering: boolean({
      default: false,
      about: 'aggregates that require a trait are for servers that ask for it',
    }),
    image_metadata_prefilter: boolean({ default: false, about: 'ask placement for hosts that can what the image’s properties say' }),
  },
  filter_scheduler: {
    available_filters: many({
      default: ['nova.scheduler.filters.all_filters'],
      about: 'where filters come from; besides the own ones there are those of plug-ins',
    }),
    enabled_filters: list({
      default: [
        'ComputeFilter',
        'ComputeCapabilitiesFilter',
        'ImagePropertiesFilter',
        'ServerGroupAntiAffinityFilter',
        'ServerGroupAffinityFilter',
      ],
      formerly: ['DEFAULT.scheduler_default_filters'],
      about: 'what hosts must pass, in this order',
    }),
    weight_classes: list({
      default: ['nova.scheduler.weights.all_weighers'],
      about: 'which weighers rank hosts; those of plug-ins are named one by one',
    }),
    host_subset_size: integer({ default: 1, min: 1, about: 'among how many of the best hosts one is drawn' }),
    shuffle_best_same_weighed_hosts: boolean({ default: false, about: 'equally good hosts come in any order' }),
    max_io_ops_per_host: integer({ default: 8, min: 0, about: 'how many servers a host may be making at once (IoOpsFilter)' }),
    max_instances_per_host: integer({ default: 50, min: 1, about: 'how many servers a host may have (NumInstancesFilter)' }),
    isolated_images: list({ default: [], about: 'images that run on isolated hosts (IsolatedHostsFilter)' }),
    isolated_hosts: list({ default: [], about: 'hosts for isolated images' }),
    restrict_isolated_hosts_to_isolated_images: boolean({ default: true, about: 'isolated hosts run nothing else' }),
    aggregate_image_properties_isolation_namespace: text({ about: 'which aggregate metadata images are held to' }),
    aggregate_image_properties_isolation_separator: text({ default: '.', about: 'what ends the namespace' }),
    image_properties_default_architecture: text({ about: 'the architecture of images that do not say' }),
    ram_weight_multiplier: weight('free memory'),
    cpu_weight_multiplier: weight('free processors'),
    disk_weight_multiplier: weight('free disk'),
    io_ops_weight_multiplier: weight('how much a host is doing', -1),
    pci_weight_multiplier: weight('how few devices a host has to give'),
    soft_affinity_weight_multiplier: weight('being near the group'),
    soft_anti_affinity_weight_multiplier: weight('being apart from the group'),
    build_failure_weight_multiplier: weight('how seldom starts failed lately', 1_000_000),
    cross_cell_move_weight_multiplier: weight('staying in the cell', 1_000_000),
  },
  metrics: {
    weight_setting: list({
      default: [],
      about: 'how much which metric of a host counts: cpu.percent=-1.0 (MetricsFilter, MetricsWeigher)',
    }),
    weight_multiplier: weight('what hosts measure'),
    required: boolean({ default: true, about: 'a host that does not tell a metric which counts ends the choice' }),
    weight_of_unavailable: decimal({ default: -10_000, about: 'what such a host weighs where it does not' }),
  },
})

export type SchedulerSettings = Values<typeof schedulerOptions>
