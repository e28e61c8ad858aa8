import type { Server } from './server.ts'

interface Node {
  readonly vcpu_set: readonly number[]
  readonly siblings: readonly (readonly number[])[]
  readonly memory_mb: number
}

export interface Topology {
  readonly nodes: readonly Node[]
  readonly pageKb: number | null
}

const pages: Readonly<Record<string, number | null>> = { small: 4, large: 2048, any: null }

/** How the flavor divides a guest into nodes of processors with memory of their own: evenly, unless it says which node gets what. */
export function topologyOf({ flavor: { vcpus, memoryMb, extraSpecs } }: Pick<Server, 'flavor'>): Topology {
  const size = extraSpecs['hw:mem_page_size']
  const isPinned = extraSpecs['hw:cpu_policy'] === 'dedicated'
  const count = Number(extraSpecs['hw:numa_nodes'] ?? (size !== undefined || isPinned ? 1 : 0))
  const said = (name: string, node: number) => extraSpecs[`hw:${name}.${node}`]
  const node = (at: number): Node => ({
    vcpu_set: said('numa_cpus', at) === undefined ? share(vcpus, count, at) : listed(said('numa_cpus', at) ?? ''),
    siblings: [],
    memory_mb: Number(said('numa_mem', at) ?? Math.floor(memoryMb / count)),
  })
  const pageKb = size === undefined ? null : size in pages ? (pages[size] ?? null) : Number.parseInt(size, 10)
  return { nodes: Array.from({ length: count }, (_, at) => node(at)), pageKb }
}

const share = (all: number, count: number, at: number): readonly number[] =>
  Array.from({ length: all }, (_, cpu) => cpu).slice(Math.floor((all * at) / count), Math.floor((all * (at + 1)) / count))

/** `0-2,4` */
const listed = (text: string): readonly number[] =>
  text.split(',').flatMap(part => {
    const [first = 0, last = first] = part.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, at) => first + at)
  })
