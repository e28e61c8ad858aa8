import { type Element, find, parseXml } from './xml.ts'

/** What is read from a domain's XML, in our words. */
export interface DomainDetails {
  readonly vnc: { readonly listen: string; readonly port: number } | undefined
  readonly serial: { readonly listen: string; readonly port: number } | undefined
  readonly serialPorts: readonly number[]
  /** The host's processors that are its own. */
  readonly pins: readonly number[]
  readonly nics: readonly { readonly macAddress: string; readonly tap: string; readonly element: Element }[]
  readonly disks: readonly DiskDetails[]
}

export interface DiskDetails {
  readonly device: string
  readonly kind: string
  readonly path: string | undefined
  /** A volume's id. */
  readonly serial: string | undefined
  readonly element: Element
}

export function detailsOf(xml: string): DomainDetails {
  const domain = parseXml(xml)
  const devices = childrenOf(find(domain, 'devices'))
  const screen = find(domain, 'devices', 'graphics')?.attributes
  const vncPort = Number(screen?.['port'] ?? -1)
  const lines = devices
    .filter(each => each.name === 'serial' && each.attributes['type'] === 'tcp')
    .map(each => find(each, 'source')?.attributes)
  const serialPorts = lines.map(line => Number(line?.['service'] ?? 0)).filter(port => port > 0)
  const [line] = lines
  return {
    vnc: vncPort > 0 ? { listen: screen?.['listen'] ?? '127.0.0.1', port: vncPort } : undefined,
    serial: line && serialPorts[0] !== undefined ? { listen: line['host'] ?? '127.0.0.1', port: serialPorts[0] } : undefined,
    serialPorts,
    pins: childrenOf(find(domain, 'cputune')).flatMap(ownCpu),
    nics: devices.filter(each => each.name === 'interface').flatMap(nicOf),
    disks: devices.filter(each => each.name === 'disk').flatMap(diskOf),
  }
}

export const childrenOf = (tree: Element | undefined): Element[] => (tree?.children ?? []).filter(each => typeof each !== 'string')

/** What is pinned to one of the host's processors has it for itself; to several, it shares them. */
const ownCpu = ({ name, attributes: { cpuset = '' } }: Element): number[] =>
  /^(vcpu|emulator)pin$/.test(name) && /^\d+$/.test(cpuset) ? [Number(cpuset)] : []

const nicOf = (each: Element) => {
  const macAddress = find(each, 'mac')?.attributes['address']
  return macAddress === undefined ? [] : [{ macAddress, tap: find(each, 'target')?.attributes['dev'] ?? '', element: each }]
}

const diskOf = (each: Element): DiskDetails[] => {
  const device = find(each, 'target')?.attributes['dev']
  const source = find(each, 'source')?.attributes
  const serial = find(each, 'serial')?.children.join('')
  return device === undefined
    ? []
    : [{ device, kind: each.attributes['device'] ?? 'disk', path: source?.['file'] ?? source?.['dev'], serial, element: each }]
}
