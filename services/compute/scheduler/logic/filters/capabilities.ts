import { freeOf, type HostState, ioOpsOf } from '../../scheduler/host.ts'

/**
 * What may be asked of a host by name, in extra specs (`capabilities:hypervisor_type`) and in queries (`$free_ram_mb`). The names are those
 * of Nova's host states.
 */
export function capabilityOf(host: HostState, path: readonly string[]): unknown {
  const [first = '', ...rest] = path
  let found: unknown = Object.hasOwn(capabilities, first) ? capabilities[first]?.(host) : undefined
  for (const key of rest) found = isRecord(found) && Object.hasOwn(found, key) ? found[key] : undefined
  return found
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null

const stock = (host: HostState, name: string) => host.provider.stock.get(name)

// biome-ignore format: a table of names
const capabilities: Readonly<Record<string, (host: HostState) => unknown>> = {
  host:                    one => one.host,
  nodename:                one => one.facts.nodeName,
  uuid:                    one => one.id,
  host_ip:                 one => one.facts.hostIp,
  hypervisor_type:         one => one.facts.hypervisorType,
  hypervisor_version:      one => one.facts.hypervisorVersion,
  hypervisor_hostname:     one => one.facts.nodeName,
  cpu_info:                one => one.facts.cpu,
  supported_instances:     one => one.facts.supported,
  vcpus_total:             one => one.facts.vcpus,
  vcpus_used:              one => stock(one, 'VCPU')?.used ?? 0,
  total_usable_ram_mb:     one => one.facts.memoryMb,
  free_ram_mb:             one => one.facts.memoryMb - (stock(one, 'MEMORY_MB')?.used ?? 0) - (stock(one, 'MEMORY_MB')?.reserved ?? 0),
  total_usable_disk_gb:    one => one.facts.diskGb,
  disk_mb_used:            one => (stock(one, 'DISK_GB')?.used ?? 0) * 1024,
  free_disk_mb:            one => freeOf(one, 'DISK_GB') * 1024,
  free_disk_gb:            one => freeOf(one, 'DISK_GB'),
  num_instances:           one => one.servers.size,
  num_io_ops:              one => ioOpsOf(one),
  failed_builds:           one => one.failedBuilds,
  cpu_allocation_ratio:    one => stock(one, 'VCPU')?.allocationRatio,
  ram_allocation_ratio:    one => stock(one, 'MEMORY_MB')?.allocationRatio,
  disk_allocation_ratio:   one => stock(one, 'DISK_GB')?.allocationRatio,
  service:                 one => ({ host: one.host, disabled: one.isDisabled, disabled_reason: one.disabledReason, last_seen_up: one.seenAt }),
  metrics:                 one => one.facts.metrics,
  stats:                   one => ({ num_instances: one.servers.size, io_workload: ioOpsOf(one), failed_builds: one.failedBuilds }),
}
