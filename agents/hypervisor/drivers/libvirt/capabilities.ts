import type { HostCell, HostCpu } from '../../contract/host.ts'
import { type Element, find, parseXml } from './xml.ts'
import { childrenOf } from './xml-of-domain.ts'

/** What libvirt says of the host and of what can run on it. */
export interface Capabilities {
  readonly cpu: HostCpu
  readonly cells: readonly HostCell[]
  readonly supported: readonly (readonly [arch: string, hypervisor: string, mode: string])[]
  /** Of guests of the host's own architecture. */
  readonly machineTypes: ReadonlySet<string>
  readonly hostUuid: string | undefined
}

export function readCapabilities(xml: string): Capabilities {
  const tree = parseXml(xml)
  const host = find(tree, 'host')
  const cpu = find(host ?? tree, 'cpu')
  const arch = textOf(cpu, 'arch') ?? 'x86_64'
  const cells = childrenOf(find(host ?? tree, 'topology', 'cells')).map(cellOf)
  const topology = find(cpu ?? tree, 'topology')?.attributes ?? {}
  const count = (name: string) => Number(topology[name] ?? 1)
  const guests = childrenOf(tree).filter(each => each.name === 'guest')
  return {
    cpu: {
      arch,
      model: textOf(cpu, 'model') ?? '',
      vendor: textOf(cpu, 'vendor') ?? '',
      features: childrenOf(cpu).flatMap(each => (each.name === 'feature' ? (each.attributes['name'] ?? []) : [])),
      topology: { cells: Math.max(1, cells.length), sockets: count('sockets'), cores: count('cores'), threads: count('threads') },
    },
    cells,
    supported: guests.flatMap(supportedBy),
    machineTypes: new Set(guests.filter(guest => find(guest, 'arch')?.attributes['name'] === arch).flatMap(machinesOf)),
    hostUuid: textOf(host, 'uuid'),
  }
}

const textOf = (tree: Element | undefined, name: string): string | undefined => {
  const text = tree && find(tree, name)?.children.join('').trim()
  return text === '' ? undefined : text
}

const numberOf = (tree: Element, name: string): number => Number(textOf(tree, name) ?? 0)

function cellOf(cell: Element): HostCell {
  const cpus = childrenOf(find(cell, 'cpus'))
  const siblings = new Map(cpus.map(cpu => [cpu.attributes['siblings'] ?? cpu.attributes['id'] ?? '', cpu]))
  return {
    id: Number(cell.attributes['id']),
    cpus: cpus.map(cpu => Number(cpu.attributes['id'])),
    siblings: [...siblings.keys()].map(numbersIn),
    memoryMb: Math.floor(numberOf(cell, 'memory') / 1024),
    pages: childrenOf(cell).flatMap(each => {
      if (each.name !== 'pages') return []
      const total = Number(each.children.join(''))
      return [{ sizeKb: Number(each.attributes['size']), total, free: total }]
    }),
  }
}

const numbersIn = (set: string): number[] =>
  set.split(',').flatMap(part => {
    const [first = 0, last = first] = part.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })

/** What the guests' architectures can be run by, `qemu` first, as each is always there. */
function supportedBy(guest: Element): [string, string, string][] {
  const mode = textOf(guest, 'os_type') ?? 'hvm'
  const arch = find(guest, 'arch')
  const types = childrenOf(arch).flatMap(each => (each.name === 'domain' ? (each.attributes['type'] ?? []) : []))
  return types.map(type => [arch?.attributes['name'] ?? '', type, mode])
}

function machinesOf(guest: Element): string[] {
  const names = childrenOf(find(guest, 'arch')).filter(each => each.name === 'machine')
  return names.flatMap(each => [each.children.join(''), each.attributes['canonical'] ?? ''].filter(Boolean))
}
