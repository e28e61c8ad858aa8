import { describe, expect, test } from 'vitest'
import { refuseContradictions } from './contradictions.ts'
import { processorsOf, type Sized } from './cpu-wishes.ts'

type Words = Readonly<Record<string, string>>
const sized = (extraSpecs: Words, imageProperties: Words = {}, vcpus = 2): Sized => ({ vcpus, memoryMb: 256, extraSpecs, imageProperties })
const check = (flavor: Words, image: Words = {}) => refuseContradictions(sized(flavor, image), { flavor: 'big', image: 'linux' })

describe('a flavor and an image', () => {
  test.each<[Words, Words, string]>([
    [{ 'hw:cpu_policy': 'shared' }, { hw_cpu_policy: 'dedicated' }, "Image property 'hw_cpu_policy' is not permitted to override"],
    [{ 'hw:cpu_policy': 'mixed', 'hw:cpu_dedicated_mask': '0' }, { hw_cpu_policy: 'dedicated' }, 'is not permitted to override'],
    [
      { 'hw:cpu_policy': 'dedicated', 'hw:cpu_thread_policy': 'isolate' },
      { hw_cpu_thread_policy: 'require' },
      "Image property 'hw_cpu_thread_policy' is not permitted",
    ],
    [{}, { hw_mem_page_size: 'large' }, "Page size large forbidden against '<empty>'"],
    [{ 'hw:mem_page_size': '2MB' }, { hw_mem_page_size: 'large' }, "Page size large forbidden against '2MB'"],
    [{ 'hw:numa_nodes': '1' }, { hw_numa_nodes: '2' }, "Image property 'hw_numa_nodes' is not permitted to override NUMA configuration"],
    [
      { 'hw:pmu': 'true' },
      { hw_pmu: 'no' },
      'Flavor big has hw:pmu extra spec explicitly set to True, conflicting with image linux which has',
    ],
    [{ 'hw:serial_port_count': '1' }, { hw_serial_port_count: '2' }, 'Forbidden to exceed flavor value of number of serial ports'],
    [
      { 'hw:cpu_max_sockets': '1' },
      { hw_cpu_max_sockets: '2' },
      'Image vCPU topology limits (sockets=2, cores=0, threads=0) exceeds the limits of the flavor (sockets=1, cores=0, threads=0)',
    ],
    [
      { 'hw:cpu_max_cores': '1' },
      { hw_cpu_cores: '2' },
      'Image vCPU topology (sockets=0, cores=2, threads=0) exceeds the limits of the flavor or image (sockets=65536, cores=1, threads=65536)',
    ],
  ])('%j and %j contradict each other', (flavor, image, message) => {
    expect(() => check(flavor, image)).toThrow(message)
  })

  test('agree where the image asks for no more than the flavor leaves open', () => {
    check({ 'hw:cpu_policy': 'dedicated' }, { hw_cpu_policy: 'shared' })
    check({ 'hw:mem_page_size': 'any' }, { hw_mem_page_size: '2MB' })
    check({ 'hw:pmu': 'true' }, { hw_pmu: 'yes' })
    check({}, { hw_cpu_policy: 'dedicated' })
  })
})

test.each<[Words, string]>([
  [{ 'hw:numa_nodes': '3' }, 'cannot be evenly distributed across instance NUMA nodes'],
  [{ 'hw:numa_nodes': '0' }, "The property 'numa_nodes' cannot be '0'. It must be a number greater than 0"],
  [{ 'hw:numa_nodes': '2', 'hw:numa_cpus.0': '0', 'hw:numa_mem.0': '128' }, 'must be provided for all NUMA nodes'],
  [{ 'hw:numa_nodes': '1', 'hw:numa_cpus.0': '0,1', 'hw:numa_mem.0': '128' }, '128 MB of memory assigned, but expected 256 MB'],
  [{ 'hw:cpu_thread_policy': 'isolate' }, 'Cannot set cpu thread pinning policy in a non dedicated cpu pinning policy'],
  [{ 'hw:emulator_threads_policy': 'isolate' }, 'An isolated CPU emulator threads option requires a dedicated CPU policy option.'],
  [{ 'hw:cpu_dedicated_mask': '0' }, "Cannot specify 'hw:cpu_dedicated_mask' without the 'mixed' policy."],
  [{ 'hw:cpu_policy': 'mixed' }, "Dedicated CPU set can be specified from either 'hw:cpu_dedicated_mask'"],
  [{ 'hw:cpu_policy': 'mixed', 'hw:cpu_dedicated_mask': '0-1' }, 'Mixed instance must have at least 1 pinned vCPU and 1 unpinned vCPU.'],
  [{ 'hw:cpu_policy': 'mixed', 'hw:cpu_dedicated_mask': '7' }, 'is not a subset of vCPUs in the flavor'],
  [{ 'hw:locked_memory': 'true' }, 'forbidden when mem_page_size is not set'],
  [{ 'hw:mem_page_size': '2 MB' }, "Invalid memory page size '2 MB'"],
  [{ 'resources:PCPU': '1' }, 'you must allocate exactly flavor.vcpus PCPUs'],
  [{ 'resources:PCPU': '2', 'hw:cpu_policy': 'dedicated' }, 'use one or the other'],
])('a flavor of %j contradicts itself', (flavor, message) => {
  expect(() => check(flavor)).toThrow(message)
})

test('processors are shared or taken whole, with one more for what runs the guest where it is told to be apart', () => {
  expect(processorsOf(sized({}))).toEqual({ VCPU: 2, PCPU: 0 })
  expect(processorsOf(sized({}, { hw_cpu_policy: 'dedicated' }))).toEqual({ VCPU: 0, PCPU: 2 })
  expect(processorsOf(sized({ 'hw:cpu_policy': 'dedicated', 'hw:emulator_threads_policy': 'isolate' }))).toEqual({ VCPU: 0, PCPU: 3 })
  expect(processorsOf(sized({ 'hw:cpu_policy': 'mixed', 'hw:cpu_dedicated_mask': '1' }))).toEqual({ VCPU: 1, PCPU: 1 })
  expect(processorsOf(sized({ 'resources:PCPU': '2' }))).toEqual({ VCPU: 0, PCPU: 2 })
})
