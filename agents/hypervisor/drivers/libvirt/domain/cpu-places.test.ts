import { describe, expect, test } from 'vitest'
import { aGuest } from '../../../guests/kit.ts'
import { type HostCpus, placeCpus } from './cpu-places.ts'

/** Two groups of two cores of two threads each. */
const host: HostCpus = {
  cells: [0, 1].map(id => ({
    id,
    cpus: [0, 1, 2, 3].map(cpu => id * 4 + cpu),
    siblings: [
      [id * 4, id * 4 + 1],
      [id * 4 + 2, id * 4 + 3],
    ],
    memoryMb: 1024,
    pages: [
      { sizeKb: 4, total: 200_000, free: 200_000 },
      { sizeKb: 2048, total: 200, free: 200 },
    ],
  })),
  dedicated: [1, 2, 3, 4, 5, 6, 7],
  shared: [0],
  taken: new Set(),
}
const guest = (vcpus: number, extraSpecs: Record<string, string>) => aGuest(1, { vcpus, memoryMb: 256, extraSpecs })
const dedicated = { 'hw:cpu_policy': 'dedicated' }

describe('a guest that wants processors for itself', () => {
  test('gets them together, whole cores first, apart from those that others have', () => {
    expect(placeCpus(guest(2, dedicated), host)?.pins).toEqual([[2], [3]])
    expect(placeCpus(guest(2, dedicated), { ...host, taken: new Set([2, 3]) })?.pins).toEqual([[4], [5]])
  })

  test('gets a core for each where it wants no neighbours, and whole cores where it wants its threads together', () => {
    expect(placeCpus(guest(2, { ...dedicated, 'hw:cpu_thread_policy': 'isolate' }), host)?.pins).toEqual([[4], [6]])
    expect(placeCpus(guest(4, { ...dedicated, 'hw:cpu_thread_policy': 'require' }), host)?.pins).toEqual([[4], [5], [6], [7]])
  })

  test('may have some for itself and share others, each where it belongs', () => {
    const mixed = { 'hw:cpu_policy': 'mixed', 'hw:cpu_dedicated_mask': '^0' }
    expect(placeCpus(guest(3, mixed), host)?.pins).toEqual([[0], [2], [3]])
  })

  test('has what runs it on one more, among what is shared, or on its own, as the flavor says', () => {
    const emulator = (policy: Record<string, string>) => placeCpus(guest(2, { ...dedicated, ...policy }), host)?.emulator
    expect(emulator({ 'hw:emulator_threads_policy': 'isolate' })).toEqual([1])
    expect(emulator({ 'hw:emulator_threads_policy': 'share' })).toEqual([0])
    expect(emulator({})).toEqual([2, 3])
  })

  test('is refused when there are not enough', () => {
    expect(() => placeCpus(guest(5, dedicated), host)).toThrow('Requested instance NUMA topology cannot fit the given host NUMA topology')
    expect(() => placeCpus(guest(1, dedicated), { ...host, dedicated: [] })).toThrow('cannot fit')
  })
})

describe('a guest that sees groups of processors', () => {
  const plain = { ...host, dedicated: [], shared: [] }

  test('has them on groups of the host of their own, evenly', () => {
    expect(placeCpus(guest(4, { 'hw:numa_nodes': '2' }), plain)?.cells).toEqual([
      { id: 0, vcpus: [0, 1], memoryMb: 128, hostCell: 0 },
      { id: 1, vcpus: [2, 3], memoryMb: 128, hostCell: 1 },
    ])
  })

  test('has them as it says', () => {
    const said = { 'hw:numa_nodes': '2', 'hw:numa_cpus.0': '0', 'hw:numa_mem.0': '64', 'hw:numa_cpus.1': '1-2', 'hw:numa_mem.1': '192' }
    expect(placeCpus(guest(3, said), plain)?.cells.map(({ vcpus, memoryMb }) => [vcpus, memoryMb])).toEqual([
      [[0], 64],
      [[1, 2], 192],
    ])
  })

  test.each([
    [3, { 'hw:numa_nodes': '2' }, 'cannot be evenly distributed'],
    [2, { 'hw:numa_nodes': '1', 'hw:numa_cpus.0': '0-2', 'hw:numa_mem.0': '256' }, 'CPU number 2 is larger than max 1'],
    [2, { 'hw:numa_nodes': '1', 'hw:numa_cpus.0': '0', 'hw:numa_mem.0': '256' }, 'is not assigned to any node'],
    [2, { 'hw:numa_nodes': '1', 'hw:numa_cpus.0': '0-1', 'hw:numa_mem.0': '64' }, '64 MB of memory assigned, but expected 256 MB'],
    [3, { 'hw:numa_nodes': '3' }, 'cannot'],
  ])('of %i processors and %j is refused', (vcpus, said, message) => {
    expect(() => placeCpus(guest(vcpus, said), plain)).toThrow(message)
  })
})

describe('a guest that wants large pages', () => {
  const page = (wish: string) => placeCpus(guest(1, { 'hw:mem_page_size': wish }), host)?.cells[0]?.pageKb

  test('gets the size it names, the largest, or the smallest', () => {
    expect(['2MB', '2048', 'large', 'any', 'small'].map(page)).toEqual([2048, 2048, 2048, 2048, 4])
  })

  test('is refused where they are too few or of no such size', () => {
    expect(() => page('1GB')).toThrow('256 MB in pages of 1048576 KiB (sysctl vm.nr_hugepages) are not free together')
    expect(() => page('huge')).toThrow("Invalid memory page size 'huge'")
  })
})

test('a guest that asks for nothing runs where everything else does', () => {
  expect(placeCpus(guest(2, {}), host)).toEqual({ cells: [], shared: [0] })
  expect(placeCpus(guest(2, {}), { ...host, shared: [] })).toBeUndefined()
})
