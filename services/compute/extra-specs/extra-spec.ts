/** What the value of an extra spec must look like. */
export type Value =
  | { readonly is: 'text'; readonly pattern?: string; readonly words?: readonly string[] }
  | { readonly is: 'integer'; readonly min?: number; readonly max?: number }
  | { readonly is: 'boolean' }

/** A name, as a regular expression that must match all of it, and its value. */
export type Rule = readonly [name: string, value: Value]

const text: Value = { is: 'text' }
const boolean: Value = { is: 'boolean' }
const words = (...all: readonly string[]): Value => ({ is: 'text', words: all })
const like = (pattern: string): Value => ({ is: 'text', pattern })
const from = (min: number, max?: number): Value => ({ is: 'integer', min, ...(max === undefined ? {} : { max }) })
const integer: Value = { is: 'integer' }
const each = (names: readonly string[], prefix: string, value: Value): readonly Rule[] => names.map(name => [`${prefix}${name}`, value])

const cpus = '\\^?\\d+((-\\d+)?(,\\^?\\d+(-\\d+)?)?)*'
const group = '([a-zA-Z0-9_-]{1,64})?'

// biome-ignore format: lists of words
const facts = [
  'id', 'uuid', 'service_id', 'host', 'vcpus', 'memory_mb', 'local_gb', 'vcpus_used', 'memory_mb_used', 'local_gb_used', 'hypervisor_type',
  'hypervisor_version', 'hypervisor_hostname', 'free_ram_mb', 'free_disk_gb', 'current_workload', 'running_vms', 'disk_available_least', 'host_ip', 'mapped',
  'cpu_allocation_ratio', 'ram_allocation_ratio', 'disk_allocation_ratio', 'total_usable_ram_mb', 'total_usable_disk_gb', 'disk_mb_used', 'free_disk_mb',
  'vcpus_total', 'num_instances', 'num_io_ops', 'failed_builds', 'aggregates', 'cell_uuid', 'updated',
]
// biome-ignore format: lists of words
const nestedFacts = [
  'cpu_info', 'metrics', 'stats', 'numa_topology', 'supported_hv_specs', 'pci_device_pools', 'nodename', 'pci_stats', 'supported_instances', 'limits', 'instances',
]
// biome-ignore format: lists of words
const classes = [
  'VCPU', 'MEMORY_MB', 'DISK_GB', 'PCI_DEVICE', 'SRIOV_NET_VF', 'NUMA_SOCKET', 'NUMA_CORE', 'NUMA_THREAD', 'NUMA_MEMORY_MB', 'IPV4_ADDRESS', 'VGPU',
  'VGPU_DISPLAY_HEAD', 'NET_BW_EGR_KILOBIT_PER_SEC', 'NET_BW_IGR_KILOBIT_PER_SEC', 'PCPU', 'MEM_ENCRYPTION_CONTEXT', 'FPGA', 'PGPU',
  'NET_PACKET_RATE_KILOPACKET_PER_SEC', 'NET_PACKET_RATE_EGR_KILOPACKET_PER_SEC', 'NET_PACKET_RATE_IGR_KILOPACKET_PER_SEC', 'CUSTOM_([A-Z0-9_]+)',
]

/** Nova's extra specs. A name in none of their namespaces is the operator's own, and anything may stand in it. */
// biome-ignore format: a table, one rule a line
export const rules: readonly Rule[] = [
  ['accel:device_profile', text],
  ['aggregate_instance_extra_specs:(.+)', text],
  ...each(facts, 'capabilities:', text),
  ...each(nestedFacts.map(name => `${name}(:\\w+)*`), 'capabilities:', text),
  ...each(['cpu_realtime', 'hide_hypervisor_id', 'locked_memory', 'boot_menu', 'vif_multiqueue_enabled', 'mem_encryption', 'pmu', 'ephemeral_encryption'], 'hw:', boolean),
  ['hw:cpu_realtime_mask', like('(\\^)?\\d+((-\\d+)?(,\\^?\\d+(-\\d+)?)?)*')],
  ['hw:cpu_policy', words('dedicated', 'shared', 'mixed')],
  ['hw:cpu_thread_policy', words('prefer', 'isolate', 'require')],
  ['hw:emulator_threads_policy', words('isolate', 'share')],
  ['hw:cpu_dedicated_mask', like(cpus)],
  ['hw:mem_page_size', like('(large|small|any|\\d+([kKMGT]i?)?(b|bit|B)?)')],
  ['hw:numa_cpus.(\\d+)', like(cpus)],
  ['hw:numa_mem.(\\d+)', from(1)],
  ...each(['numa_nodes', 'cpu_sockets', 'cpu_cores', 'cpu_threads', 'max_cpu_sockets', 'max_cpu_cores', 'max_cpu_threads'], 'hw:', from(1)),
  ['hw:pci_numa_affinity_policy', words('required', 'preferred', 'legacy', 'socket')],
  ['hw:pmem', like('([a-zA-Z0-9_]+(,)?)+')],
  ['hw:serial_port_count', from(0)],
  ['hw:tpm_model', words('tpm-tis', 'tpm-crb')],
  ['hw:tpm_version', words('1.2', '2.0')],
  ['hw:watchdog_action', words('none', 'pause', 'poweroff', 'reset', 'disabled')],
  ['hw:viommu_model', words('intel', 'smmuv3', 'virtio', 'auto')],
  ['hw:ephemeral_encryption_format', words('plain', 'luks', 'luksv2')],
  ['hw_rng:allowed', boolean],
  ...each(['rate_bytes', 'rate_period'], 'hw_rng:', from(0)),
  ['hw_video:ram_max_mb', from(0)],
  ['hide_hypervisor_id', boolean],
  ['group_policy', words('isolate', 'none')],
  ['os:secure_boot', words('disabled', 'required')],
  ['os:resolution', words('1024x768', '1280x1024', '1600x1200', '1920x1200', '2560x1600', '3840x2160')],
  ['os:monitors', from(1, 8)],
  ['os:vram', words('64', '128', '256', '512', '1024')],
  ['pci_passthrough:alias', like('[^:]+:\\d+(?:\\s*,\\s*[^:]+:\\d+)*')],
  ...['cpu', 'memory', 'disk_io', 'vif'].flatMap((name): readonly Rule[] => [
    [`quota:${name}_limit`, from(0)], [`quota:${name}_reservation`, integer], [`quota:${name}_shares_share`, from(0)],
    [`quota:${name}_shares_level`, words('custom', 'high', 'normal', 'low')]]),
  ...each(['cpu_shares', 'cpu_period'], 'quota:', from(0)),
  ['quota:cpu_quota', integer],
  ...['read', 'write', 'total'].flatMap(way => each(['bytes_sec', 'iops_sec'], `quota:disk_${way}_`, from(0))),
  ...['inbound', 'outbound'].flatMap(way => each(['average', 'peak', 'burst'], `quota:vif_${way}_`, from(0))),
  ...each(classes, `resources${group}:`, integer),
  [`trait${group}:[A-Z][A-Z0-9_]*`, words('required', 'forbidden')],
  ...each(['hw_version', 'storage_policy'], 'vmware:', text),
]
