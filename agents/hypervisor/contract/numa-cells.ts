import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Sized } from './cpu-wishes.ts'
import { pageWishOf } from './memory-wishes.ts'
import { cpuSet, type Wishes, wholeNumber } from './wishes.ts'

/** A group of processors with memory of their own, as the guest sees it. */
export interface Group {
  readonly id: number
  readonly vcpus: readonly number[]
  readonly memoryMb: number
}

/** The groups the guest shall see: as many as asked for, filled as asked for or evenly. None, where nobody asks. */
export function groupsWished({ vcpus, memoryMb }: Pick<Sized, 'vcpus' | 'memoryMb'>, wishes: Wishes): readonly Group[] {
  const count = countWished(wishes) ?? (pageWishOf(wishes) === undefined ? 0 : 1)
  const cpus = listed(wishes, 'numa_cpus', (text, name) => cpuSet(text, name))
  const memories = listed(wishes, 'numa_mem', (text, name) => wholeNumber(text, name, 1) ?? 0)
  if (count === 0) return []
  if (cpus === undefined && memories === undefined) return evenly(count, vcpus, memoryMb)
  if (cpus?.length !== count || memories?.length !== count)
    throw new Refusal('invalid', 'CPU and memory allocation must be provided for all NUMA nodes')
  const groups = range(count).map(id => ({ id, vcpus: cpus[id] ?? [], memoryMb: memories[id] ?? 0 }))
  refuseOthersThan(vcpus, memoryMb, groups)
  return groups
}

function countWished(wishes: Wishes): number | undefined {
  const ofFlavor = wishes.spec('hw:numa_nodes')
  const ofImage = wishes.property('hw_numa_nodes')
  if (ofFlavor !== undefined && ofImage !== undefined) throw forbidden('hw_numa_nodes')
  const said = ofFlavor ?? ofImage
  if (said === undefined) return undefined
  if (!/^\d+$/.test(said) || Number(said) < 1)
    throw new Refusal('invalid', `The property 'numa_nodes' cannot be '${said}'. It must be a number greater than 0`)
  return Number(said)
}

const forbidden = (name: string): Refusal =>
  new Refusal('invalid', `Image property '${name}' is not permitted to override NUMA configuration set against the flavor`)

/** `hw:numa_cpus.0`, `hw:numa_cpus.1`, ... of the flavor, or the same of the image, up to the first that is not there. */
function listed<T>(wishes: Wishes, name: string, read: (text: string, name: string) => T): readonly T[] | undefined {
  const from = (said: (nth: number) => string | undefined): readonly T[] | undefined => {
    const found: T[] = []
    for (let text = said(0); text !== undefined; text = said(found.length)) found.push(read(text, `hw:${name}.${found.length}`))
    return found.length > 0 ? found : undefined
  }
  const ofFlavor = from(nth => wishes.spec(`hw:${name}.${nth}`))
  const ofImage = from(nth => wishes.property(`hw_${name}.${nth}`))
  if (ofFlavor !== undefined && ofImage !== undefined) throw forbidden(`hw_${name}`)
  return ofFlavor ?? ofImage
}

function evenly(count: number, vcpus: number, memoryMb: number): readonly Group[] {
  if (vcpus % count !== 0 || memoryMb % count !== 0)
    throw new Refusal(
      'invalid',
      'Instance CPUs and/or memory cannot be evenly distributed across instance NUMA nodes. Explicit assignment of CPUs and memory to nodes is required',
    )
  const each = vcpus / count
  return range(count).map(id => ({ id, vcpus: range(each).map(cpu => id * each + cpu), memoryMb: memoryMb / count }))
}

function refuseOthersThan(vcpus: number, memoryMb: number, groups: readonly Group[]): void {
  const left = new Set(range(vcpus))
  for (const cpu of groups.flatMap(group => group.vcpus)) {
    if (cpu >= vcpus) throw new Refusal('invalid', `CPU number ${cpu} is larger than max ${vcpus - 1}`)
    if (!left.delete(cpu)) throw new Refusal('invalid', `CPU number ${cpu} is assigned to two nodes`)
  }
  if (left.size > 0) throw new Refusal('invalid', `CPU number {${[...left].join(', ')}} is not assigned to any node`)
  const sum = groups.reduce((total, group) => total + group.memoryMb, 0)
  if (sum !== memoryMb) throw new Refusal('invalid', `${sum} MB of memory assigned, but expected ${memoryMb} MB`)
}

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index)
