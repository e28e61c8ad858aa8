import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { AgentFacts } from '../../contract/messages.ts'
import { dhcpNamespaceOf, routerNamespaceOf } from '../../contract/names.ts'
import type { Observation } from '../../contract/observation.ts'
import { bareWiring, type HostWiring } from '../../contract/wiring.ts'
import { defectsOf } from '../../documents/defects/defects.ts'
import { fulfilled } from '../../documents/defects/fulfilled.ts'
import { desire } from '../../documents/desired/desire.ts'
import type { Desired } from '../../documents/desired/desired.ts'
import type { HostSetup } from '../../documents/setup.ts'
import type { Driver } from '../driver.ts'
import { type Fault, trials } from './faults.ts'

export interface FakeHost {
  readonly setup: HostSetup
  readonly clock: Clock
  readonly faults?: readonly Fault[]
  readonly applyMs?: number
  /** Every port's cable is there as soon as it is told of: for hosts whose hypervisor pretends as well. */
  readonly plugsAll?: boolean
}

/** A pretended host's driver, and the doors through which a story plays the hypervisor. */
export interface FakeDriver extends Driver {
  readonly kind: 'fake'
  /** The hypervisor plugs a guest's cable in, or pulls it out. */
  plug(portId: string): void
  unplug(portId: string): void
  /** What the host was last wired with. */
  wired(): HostWiring
}

/** A host that exists only in memory. It wishes what a real one would, and everything it wishes for is there. */
export function openFakeDriver({ setup, clock, faults = [], applyMs = 0, plugsAll = false }: FakeHost): FakeDriver {
  const plugged = new Set<string>()
  const followers = new Set<() => void>()
  const attempt = trials(clock, faults, applyMs)
  let wiring = bareWiring
  let desired = desire(bareWiring, setup)
  const isPlugged = (id: string) => plugsAll || plugged.has(id)
  const tell = () => {
    for (const run of followers) run()
  }

  return {
    kind: 'fake',
    facts: async () => factsOf(setup),
    apply: told =>
      attempt(() => {
        const next = desire(told, setup)
        const changes = countChanges(desired, next)
        wiring = told
        desired = next
        return { changes, portsUp: told.ports.map(({ id }) => id).filter(isPlugged), troubles: next.troubles }
      }),
    observe: async told => {
      const wished = desire(told, setup)
      const defects = defectsOf(wished, told, fulfilled(desired, wiring, isPlugged))
      return { ...observationOf(desired, isPlugged), differences: differencesOf(desired, wished), defects }
    },
    pluggedPorts: async ids => ids.filter(isPlugged),
    probe: async ({ from, to }) => {
      const name = 'networkId' in from ? dhcpNamespaceOf(from.networkId) : routerNamespaceOf(from.routerId)
      if (!desired.namespaces.some(namespace => namespace.name === name))
        throw new Refusal('not-found', `There is no namespace ${name} on this host.`)
      const answered = wiring.ports.some(port => isPlugged(port.id) && port.fixedIps.some(({ address }) => address === to))
      return answered ? { answered, tookMs: 1 } : { answered }
    },
    follow: run => {
      followers.add(run)
      return { stop: () => void followers.delete(run) }
    },
    close: async () => {},
    plug: portId => {
      plugged.add(portId)
      tell()
    },
    unplug: portId => {
      plugged.delete(portId)
      tell()
    },
    wired: () => wiring,
  }
}

const factsOf = (setup: HostSetup): AgentFacts => ({
  driver: 'fake',
  interfaceMappings: setup.interfaceMappings,
  bridgeMappings: setup.bridgeMappings,
  tunnelIp: setup.tunnelIp,
  segmentTypes: ['local', 'flat', 'vlan', 'vxlan'],
  hasIsolatedMetadata: setup.dhcp.hasIsolatedMetadata,
  warnings: [],
})

/** Each wish by itself, so that what is told again is no change. */
const wishesOf = ({ bridges, cables, taps, namespaces, filter, sets }: Desired): readonly string[] =>
  [...bridges, ...cables, ...taps, ...namespaces, ...sets, filter].map(wish => JSON.stringify(wish))

function differencesOf(before: Desired, after: Desired): readonly string[] {
  const [has, wants] = [new Set(wishesOf(before)), new Set(wishesOf(after))]
  return [...[...wants].filter(wish => !has.has(wish)), ...[...has].filter(wish => !wants.has(wish))]
}

const countChanges = (before: Desired, after: Desired): number => differencesOf(before, after).length

function observationOf(desired: Desired, isPlugged: (portId: string) => boolean): Omit<Observation, 'host' | 'differences' | 'defects'> {
  const { bridges, cables, taps, namespaces } = desired
  return {
    bridges: bridges.map(({ name, mtu, uplink }) => ({
      name,
      mtu,
      isUp: true,
      members: [
        ...(uplink ? [uplink.device] : []),
        ...cables.filter(cable => cable.bridge === name).map(({ tap }) => tap),
        ...taps.filter(tap => tap.bridge === name && isPlugged(tap.portId)).map(({ tap }) => tap),
      ],
    })),
    namespaces: namespaces.map(({ name, addresses, routes, dnsmasq, radvd, metadata }) => ({
      name,
      devices: cables
        .filter(cable => cable.namespace === name)
        .map(({ device, macAddress }) => ({
          name: device,
          isUp: true,
          macAddress,
          addresses: addresses.filter(address => address.device === device).map(({ cidr }) => cidr),
        })),
      routes: routes.map(({ destination, via, device, table }) => ({ destination, via, device, table })),
      services: [...(dnsmasq ? ['dnsmasq'] : []), ...(radvd ? ['radvd'] : []), ...(metadata ? ['metadata'] : [])],
    })),
  }
}
