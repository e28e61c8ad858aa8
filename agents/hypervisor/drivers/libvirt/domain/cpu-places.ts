import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Guest } from '../../../contract/guest.ts'
import type { HostCell } from '../../../contract/host.ts'
import { cpuSet, isYes, oneOf, type Wishes, wholeNumber, wishesOf } from './wishes.ts'

/** Where a guest's processors and memory go on the host. */
export interface CpuPlaces {
  /** The guest's own groups of processors; empty when it sees none. */
  readonly cells: readonly GuestCell[]
  /** For each of its processors the host's that it alone gets; absent: they share. */
  readonly pins?: readonly number[] | undefined
  /** Where everything that shares may run; absent: everywhere. */
  readonly shared?: readonly number[] | undefined
}

export interface GuestCell {
  readonly id: number
  readonly vcpus: readonly number[]
  readonly memoryMb: number
  /** The host's group it lies on. */
  readonly hostCell: number
  /** Of its pages, where it asked for large ones. */
  readonly pageKb?: number | undefined
}

export interface HostCpus {
  readonly cells: readonly HostCell[]
  readonly dedicated: readonly number[]
  readonly shared: readonly number[]
  /** Processors that other guests have for themselves. */
  readonly taken: ReadonlySet<number>
}

/** Nothing, when the guest may run anywhere. Refuses `conflict` where the host has not what it asks for. */
export function placeCpus(guest: Guest, host: HostCpus): CpuPlaces | undefined {
  const wishes = wishesOf(guest)
  const policy = oneOf(wishes.either('hw_cpu_policy', 'hw:cpu_policy'), ['shared', 'dedicated', 'mixed'], 'hw:cpu_policy') ?? 'shared'
  if (policy === 'mixed') throw new Refusal('invalid', 'hw:cpu_policy = mixed is not offered by this hypervisor: use dedicated or shared.')
  const cells = guestCells(guest, wishes)
  const shared = host.shared.length > 0 ? host.shared : undefined
  if (cells.length === 0 && policy === 'shared') return shared && { cells: [], shared }

  const groups = cells.length > 0 ? cells : [{ id: 0, vcpus: range(guest.vcpus), memoryMb: guest.memoryMb }]
  const pins: number[] = []
  const placed: GuestCell[] = []
  for (const group of groups) {
    const found = placeCell(group, host, policy === 'dedicated' ? new Set([...host.taken, ...pins]) : undefined, wishes, placed)
    placed.push(found.cell)
    for (const [index, vcpu] of group.vcpus.entries()) pins[vcpu] = found.cpus[index] ?? -1
  }
  return { cells: placed, shared, pins: policy === 'dedicated' ? pins : undefined }
}

type Group = Pick<GuestCell, 'id' | 'vcpus' | 'memoryMb'>

/** On the first of the host's groups that has enough, apart from those that its own other groups lie on where there are several. */
function placeCell(group: Group, host: HostCpus, taken: ReadonlySet<number> | undefined, wishes: Wishes, placed: readonly GuestCell[]) {
  const rest = host.cells.filter(cell => !placed.some(each => each.hostCell === cell.id))
  for (const cell of rest) {
    if (cell.memoryMb < group.memoryMb) continue
    const pageKb = pageSize(wishes, cell, group.memoryMb)
    if (pageKb === 'none') continue
    const free = taken ? cell.cpus.filter(cpu => host.dedicated.includes(cpu) && !taken.has(cpu)) : cell.cpus
    const chosen = byThreads(free, cell, wishes, group.vcpus.length)
    if (chosen) return { cell: { ...group, hostCell: cell.id, pageKb }, cpus: chosen }
  }
  throw new Refusal(
    'conflict',
    `Requested instance NUMA topology cannot fit the given host NUMA topology: ${group.vcpus.length} processors and ${group.memoryMb} MB are not free together.`,
  )
}

/** Which of the free processors: `require` fills cores whole, `isolate` takes one thread of an otherwise idle core. */
function byThreads(free: readonly number[], cell: HostCell, wishes: Wishes, count: number): readonly number[] | undefined {
  const words = ['prefer', 'isolate', 'require'] as const
  const policy = oneOf(wishes.either('hw_cpu_thread_policy', 'hw:cpu_thread_policy'), words, 'hw:cpu_thread_policy') ?? 'prefer'
  const cores = cell.siblings.map(core => core.filter(cpu => free.includes(cpu))).filter(core => core.length > 0)
  const wholeCores = cores.filter(core => cell.siblings.some(all => all.length === core.length && all.includes(core[0] ?? -1)))
  if (policy === 'isolate')
    return enough(
      wholeCores.map(([first]) => first ?? -1),
      count,
    )
  if (policy === 'require') return enough(wholeCores.filter(core => core.length > 1).flat(), count)
  return enough([...wholeCores, ...cores.filter(core => !wholeCores.includes(core))].flat(), count)
}

const enough = (cpus: readonly number[], count: number): readonly number[] | undefined =>
  cpus.length < count ? undefined : cpus.slice(0, count)

const units: Readonly<Record<string, number>> = { '': 1, kb: 1, mb: 1024, gb: 1024 ** 2, kib: 1, mib: 1024, gib: 1024 ** 2 }

/** The size of the guest's pages in this group, `none` when the group cannot give it; absent when it did not ask. */
function pageSize(wishes: Wishes, cell: HostCell, memoryMb: number): number | undefined | 'none' {
  const wish = wishes.either('hw_mem_page_size', 'hw:mem_page_size')?.toLowerCase()
  if (wish === undefined) return undefined
  const smallest = Math.min(...cell.pages.map(page => page.sizeKb), 4)
  const large = cell.pages.filter(page => page.sizeKb > smallest && page.free * page.sizeKb >= memoryMb * 1024)
  const largest = large.toSorted((a, b) => b.sizeKb - a.sizeKb)[0]?.sizeKb
  if (wish === 'small') return smallest
  if (wish === 'large') return largest ?? 'none'
  if (wish === 'any') return largest ?? smallest
  const [, count, unit = ''] = /^(\d+)\s*([kmg]i?b)?$/.exec(wish) ?? []
  const sizeKb = count === undefined ? undefined : Number(count) * (units[unit] ?? 1)
  if (sizeKb === undefined) throw new Refusal('invalid', `Invalid memory page size '${wish}'`)
  return sizeKb === smallest || large.some(page => page.sizeKb === sizeKb) ? sizeKb : 'none'
}

/** The groups the guest shall see: as many as asked for, filled as asked for or evenly. */
function guestCells({ vcpus, memoryMb }: Guest, wishes: Wishes): Group[] {
  const asked = wholeNumber(wishes.either('hw_numa_nodes', 'hw:numa_nodes'), 'hw:numa_nodes', 1)
  const wantsPages = wishes.either('hw_mem_page_size', 'hw:mem_page_size') !== undefined
  const count = asked ?? (wantsPages ? 1 : 0)
  const given = range(count).map(id => ({
    cpus: wishes.either(`hw_numa_cpus.${id}`, `hw:numa_cpus.${id}`),
    memoryMb: wholeNumber(wishes.either(`hw_numa_mem.${id}`, `hw:numa_mem.${id}`), `hw:numa_mem.${id}`, 1),
  }))
  if (given.every(each => each.cpus === undefined && each.memoryMb === undefined)) {
    if (count > 0 && (vcpus % count !== 0 || memoryMb % count !== 0)) {
      throw new Refusal(
        'invalid',
        'Instance CPUs and/or memory cannot be evenly distributed across instance NUMA nodes. Explicit assignment of CPUs and memory to nodes is required',
      )
    }
    return range(count).map(id => ({
      id,
      vcpus: range(vcpus / count).map(cpu => id * (vcpus / count) + cpu),
      memoryMb: memoryMb / count,
    }))
  }
  const cells = given.map((each, id) => ({ id, vcpus: cpuSet(each.cpus ?? '', `hw:numa_cpus.${id}`), memoryMb: each.memoryMb ?? 0 }))
  checkCells(cells, vcpus, memoryMb)
  return cells
}

function checkCells(cells: readonly Group[], vcpus: number, memoryMb: number): void {
  const all = cells.flatMap(cell => cell.vcpus)
  if (all.some(cpu => cpu >= vcpus)) throw new Refusal('invalid', `CPU number ${Math.max(...all)} is greater than max ${vcpus - 1}`)
  if (new Set(all).size !== all.length) throw new Refusal('invalid', 'CPU number is assigned to two nodes')
  if (all.length !== vcpus) throw new Refusal('invalid', 'CPU number is not assigned to any node')
  const sum = cells.reduce((total, cell) => total + cell.memoryMb, 0)
  if (sum !== memoryMb) throw new Refusal('invalid', `${sum} MB of memory assigned, but expected ${memoryMb} MB`)
}

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

export const wantsLockedMemory = (wishes: Wishes): boolean => isYes(wishes.either('hw_locked_memory', 'hw:locked_memory'))
