import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Guest } from '../../../contract/guest.ts'
import type { HostCell } from '../../../contract/host.ts'
import { type CpuWishes, cpuWishesOf } from '../../../contract/cpu-wishes.ts'
import { type PageWish, pageWishOf } from '../../../contract/memory-wishes.ts'
import { type Group, groupsWished } from '../../../contract/numa-cells.ts'
import { wishesOf } from '../../../contract/wishes.ts'

/** Where a guest's processors and memory go on the host. */
export interface CpuPlaces {
  /** The guest's own groups of processors; empty when it sees none. */
  readonly cells: readonly GuestCell[]
  /** For each of its processors those of the host's on which it runs: one that it alone gets, or those of its group that are shared. Absent: anywhere. */
  readonly pins?: readonly (readonly number[])[] | undefined
  /** Where what runs the guest runs, when its processors are pinned. */
  readonly emulator?: readonly number[] | undefined
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
  const cpuWishes = cpuWishesOf(guest)
  const cells = groupsWished(guest, wishes)
  const shared = host.shared.length > 0 ? host.shared : undefined
  if (cells.length === 0 && cpuWishes.policy === 'shared') return shared && { cells: [], shared }

  const groups = cells.length > 0 ? cells : [{ id: 0, vcpus: range(guest.vcpus), memoryMb: guest.memoryMb }]
  const asked = { cpus: cpuWishes, pages: pageWishOf(wishes) }
  const placed: Placed[] = []
  for (const group of groups) placed.push(placeGroup(group, host, asked, placed))
  const pins = new Map(placed.flatMap(each => [...each.pins]))
  return {
    cells: placed.map(({ cell }) => cell),
    shared,
    pins: range(guest.vcpus).map(vcpu => pins.get(vcpu) ?? []),
    emulator: emulatorOf(cpuWishes, placed, shared),
  }
}

interface Asked {
  readonly cpus: CpuWishes
  readonly pages: PageWish
}

interface Placed {
  readonly cell: GuestCell
  readonly pins: ReadonlyMap<number, readonly number[]>
  /** What of the host it has for itself. */
  readonly own: readonly number[]
  /** One of them, for what runs the guest. */
  readonly spare?: number | undefined
}

function emulatorOf({ emulator }: CpuWishes, placed: readonly Placed[], shared: CpuPlaces['shared']): readonly number[] {
  const spare = placed.flatMap(each => each.spare ?? [])
  if (spare.length > 0) return spare
  const all = new Set(placed.flatMap(({ pins }) => [...pins.values()].flat()))
  return (emulator === 'share' ? shared : undefined) ?? [...all]
}

/** On the first of the host's groups that has enough, apart from those that its own other groups lie on where there are several. */
function placeGroup(group: Group, host: HostCpus, asked: Asked, placed: readonly Placed[]): Placed {
  const rest = host.cells.filter(each => !placed.some(({ cell: { hostCell } }) => hostCell === each.id))
  const lacks = new Set<string>()
  for (const cell of rest) {
    const found = placeOn(cell, group, host, asked, placed)
    if (typeof found !== 'string') return found
    lacks.add(found)
  }
  const why = rest.length > 0 ? `${[...lacks].join(' or ')} not free together` : `it has ${host.cells.length} groups of processors`
  throw new Refusal('conflict', `Requested instance NUMA topology cannot fit the given host NUMA topology: ${why}.`)
}

/** The guest's group on one of the host's, or what it lacks. */
function placeOn(cell: HostCell, group: Group, host: HostCpus, { cpus, pages }: Asked, placed: readonly Placed[]): Placed | string {
  if (cell.memoryMb < group.memoryMb) return `${group.memoryMb} MB of memory are`
  const pageKb = pageSize(pages, cell, group.memoryMb)
  if (pageKb === 'none') return `${group.memoryMb} MB in ${pageWords(pages)} (sysctl vm.nr_hugepages) are`
  const dedicated = group.vcpus.filter(vcpu => cpus.dedicated.has(vcpu))
  const spares = cpus.emulator === 'isolate' && placed.length === 0 ? 1 : 0
  const taken = new Set([...host.taken, ...placed.flatMap(each => each.own)])
  const free = cell.cpus.filter(cpu => host.dedicated.includes(cpu) && !taken.has(cpu))
  const own = byThreads(free, cell, cpus.threads, dedicated.length + spares)
  if (!own) return `${dedicated.length + spares} processors for it alone are`
  const common = cell.cpus.filter(cpu => (host.shared.length > 0 ? host.shared.includes(cpu) : !host.dedicated.includes(cpu)))
  const sharing = group.vcpus.length - dedicated.length
  if (sharing > common.length) return `${sharing} processors are`
  const pins = new Map(group.vcpus.map(vcpu => [vcpu, cpus.dedicated.has(vcpu) ? [own[dedicated.indexOf(vcpu)] ?? -1] : common]))
  return { cell: { ...group, hostCell: cell.id, pageKb }, pins, own, spare: spares > 0 ? own.at(-1) : undefined }
}

/** Which of the free processors: `require` fills cores whole, `isolate` takes one thread of an otherwise idle core. */
function byThreads(free: readonly number[], cell: HostCell, policy: CpuWishes['threads'], count: number): readonly number[] | undefined {
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

/** The size of the guest's pages in this group, `none` when the group cannot give it; absent when it did not ask. */
function pageSize(wish: PageWish, cell: HostCell, memoryMb: number): number | undefined | 'none' {
  if (wish === undefined) return undefined
  const smallest = Math.min(...cell.pages.map(page => page.sizeKb), 4)
  const large = cell.pages.filter(page => page.sizeKb > smallest && page.free * page.sizeKb >= memoryMb * 1024)
  const largest = large.toSorted((a, b) => b.sizeKb - a.sizeKb)[0]?.sizeKb
  if (wish === 'small') return smallest
  if (wish === 'large') return largest ?? 'none'
  if (wish === 'any') return largest ?? smallest
  return wish === smallest || large.some(page => page.sizeKb === wish) ? wish : 'none'
}

const pageWords = (wish: PageWish): string => (typeof wish === 'number' ? `pages of ${wish} KiB` : `${wish} pages`)

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index)
