import type { WiredPort } from './landscape.ts'

/** Things by what they have in common. */
export interface Grouped<T> {
  get(key: string): readonly T[] | undefined
}

/** Ports by what hosts and networks ask of them. */
export interface PortGroups {
  readonly portsOfNetwork: Grouped<WiredPort>
  readonly portsOfHost: Grouped<WiredPort>
  readonly portsOfGroup: Grouped<WiredPort>
  readonly portsOfRouter: Grouped<WiredPort>
  readonly portsOfOwner: Grouped<WiredPort>
}

export interface KeptPortGroups extends PortGroups {
  put(port: WiredPort): void
  drop(port: WiredPort): void
}

type Keys = (port: WiredPort) => readonly string[]

// biome-ignore format: a table of groups
const keys: Readonly<Record<keyof PortGroups, Keys>> = {
  portsOfNetwork: port => [port.networkId],
  portsOfHost:    port => (port.bindingVifType === 'bridge' ? [port.bindingHostId] : []),
  portsOfGroup:   port => port.securityGroups,
  portsOfRouter:  port => (port.deviceOwner.startsWith('network:') ? [port.deviceId] : []),
  portsOfOwner:   port => (port.deviceOwner.startsWith('network:') ? [port.deviceOwner] : []),
}

/** Groups that are kept port by port: what comes or goes costs the same among hundreds of thousands as among ten. */
export function keptPortGroups(ports: Iterable<WiredPort> = []): KeptPortGroups {
  const groups = {
    ...{ portsOfNetwork: group(keys.portsOfNetwork), portsOfHost: group(keys.portsOfHost), portsOfGroup: group(keys.portsOfGroup) },
    ...{ portsOfRouter: group(keys.portsOfRouter), portsOfOwner: group(keys.portsOfOwner) },
  }
  const all = Object.values(groups)
  const put = (port: WiredPort) => {
    for (const one of all) one.put(port)
  }
  for (const port of ports) put(port)
  return {
    ...groups,
    put,
    drop: port => {
      for (const one of all) one.drop(port)
    },
  }
}

function group(keysOf: Keys) {
  const byKey = new Map<string, Map<string, WiredPort>>()
  /** What was asked for since it changed last. */
  const asked = new Map<string, readonly WiredPort[]>()
  return {
    get(key: string): readonly WiredPort[] | undefined {
      const members = byKey.get(key)
      if (members === undefined) return undefined
      const list = asked.get(key) ?? [...members.values()]
      asked.set(key, list)
      return list
    },
    put(port: WiredPort) {
      for (const key of keysOf(port)) {
        asked.delete(key)
        const members = byKey.get(key) ?? new Map<string, WiredPort>()
        byKey.set(key, members.set(port.id, port))
      }
    },
    drop(port: WiredPort) {
      for (const key of keysOf(port)) {
        asked.delete(key)
        const members = byKey.get(key)
        members?.delete(port.id)
        if (members?.size === 0) byKey.delete(key)
      }
    },
  }
}
