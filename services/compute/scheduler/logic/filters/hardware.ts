import type { Filter, Request } from '../../scheduler/request.ts'

/** Hosts whose groups of processors can take the guest's: each cell of the guest fits into one of the host. */
export const numaTopologyFilter: Filter = {
  name: 'NUMATopologyFilter',
  objection({ facts }, request) {
    const wanted = cellsWanted(request)
    if (wanted === undefined) return undefined
    const { flavor } = request
    if (facts.cells.length < wanted)
      return { kind: 'topology', says: `it has ${facts.cells.length} groups of processors, ${wanted} wanted` }
    const [cpus, memoryMb] = [Math.ceil(flavor.vcpus / wanted), Math.ceil(flavor.memoryMb / wanted)]
    const fitting = facts.cells.filter(cell => cell.cpus.length >= cpus && cell.memoryMb >= memoryMb)
    if (fitting.length < wanted)
      return { kind: 'topology', says: `${fitting.length} of its groups have ${cpus} processors and ${memoryMb} MiB, ${wanted} must` }
    return pagesObjection(request, facts)
  },
}

function cellsWanted({ flavor: { extraSpecs }, image }: Request): number | undefined {
  const said = extraSpecs['hw:numa_nodes'] ?? image?.properties['hw_numa_nodes']
  const nodes = said === undefined ? undefined : Number(said)
  if (nodes !== undefined && Number.isInteger(nodes) && nodes > 0) return nodes
  const implied = ['hw:mem_page_size', 'hw:cpu_policy'].some(key => extraSpecs[key] !== undefined && extraSpecs[key] !== 'shared')
  return implied || image?.properties['hw_mem_page_size'] !== undefined ? 1 : undefined
}

/** Large pages must be there in the size and number that are wanted. */
function pagesObjection({ flavor, image }: Request, { cells }: Parameters<Filter['objection']>[0]['facts']) {
  const said = flavor.extraSpecs['hw:mem_page_size'] ?? image?.properties['hw_mem_page_size']
  if (said === undefined || said === 'small' || said === 'any') return undefined
  const sizeKb = said === 'large' ? undefined : kibibytes(said)
  const wantedKb = flavor.memoryMb * 1024
  const isMet = cells.some(({ pages }) =>
    pages.some(page => (sizeKb === undefined ? page.sizeKb > 4 : page.sizeKb === sizeKb) && page.free * page.sizeKb >= wantedKb),
  )
  return isMet ? undefined : { kind: 'topology' as const, says: `it has not ${flavor.memoryMb} MiB free in ${said} pages` }
}

function kibibytes(said: string): number {
  const [, count = '', unit = 'kb'] = /^(\d+)\s*(kb|mb|gb)?$/i.exec(said) ?? []
  return Number(count) * ({ kb: 1, mb: 1024, gb: 1024 * 1024 }[unit.toLowerCase()] ?? 1)
}

/** No host here gives devices through: whoever asks for one is told so. */
export const pciPassthroughFilter: Filter = {
  name: 'PciPassthroughFilter',
  objection(_, { flavor }) {
    const alias = flavor.extraSpecs['pci_passthrough:alias']
    return alias === undefined ? undefined : { kind: 'devices', says: `it gives no devices through; the flavor wants ${alias}` }
  },
}
