import type { Defect } from '@kilonova/network-agent/contract/observation.ts'
import type { Cause } from '@kilonova/platform/cause.ts'
import type { FloatingipLogic } from '../floatingips/logic.ts'
import type { IpamLogic } from '../ipam/logic.ts'
import { everybody } from '../listings/listing.ts'
import type { PortLogic } from '../ports/logic/ports.ts'
import type { QuotaLogic } from '../quotas/logic.ts'
import type { ServerPorts } from '../contract/ports.ts'
import type { Write } from '../tables.ts'
import { hostWiring } from '../wiring/wiring/wiring.ts'
import type { Sight } from '../wiring/wiring/sight.ts'
import type { Check, Finding, FloatingState, Machine } from './finding.ts'
import type { FindingStore } from './store.ts'

export interface Rooms {
  readonly store: FindingStore
  readonly write: Write
  readonly ports: Pick<PortLogic, 'delete'>
  readonly serverPorts: Pick<ServerPorts, 'deleteFor'>
  readonly ipam: Pick<IpamLogic, 'giveBack'>
  readonly floatingips: Pick<FloatingipLogic, 'setStatus'>
  readonly quotas: Pick<QuotaLogic, 'note'>
  readonly sight: () => Promise<Sight>
  readonly domain: string
  readonly machines: readonly Machine[]
  /** Of these servers, those that there are; absent where nobody keeps servers. */
  readonly livingServers?: ((ids: readonly string[]) => Promise<ReadonlySet<string>>) | undefined
}

/** What must hold of networks: in the tables, and between the tables and the hosts that can be looked at from here. */
export const networkChecks = (rooms: Rooms): readonly Check[] => [
  ...rooms.machines.map(machine => ({
    name: `the network of ${machine.host} is wired as the tables say`,
    look: () => lookAtHost(machine, rooms),
  })),
  { name: 'every port of a server has its server', look: () => lostServers(rooms) },
  { name: 'every address that is taken has its port', look: () => lostPorts(rooms) },
  { name: 'every port is bound to a host that is known', look: () => lostHosts(rooms) },
  { name: 'every DHCP server has a network to serve', look: () => lostNetworks(rooms) },
  { name: 'every router is given to an agent that is known', look: () => lostAgents(rooms) },
  { name: 'every floating IP says what it is', look: () => floatingStates(rooms) },
  { name: 'what networks count of quotas is what there is', look: () => usages(rooms) },
]

/** A guest that is off has no cable; whether it should be on is not known here. */
const isOff = ({ part, repairedBy, what }: Defect) => part === 'tap' && repairedBy === 'hypervisor' && what.endsWith('is not there')

async function lookAtHost(machine: Machine, { sight, domain }: Rooms): Promise<readonly Finding[]> {
  const { host } = machine
  const wiring = hostWiring(host, await sight(), { domain })
  const { defects } = await machine.observe(wiring)
  let repairing: Promise<void> | undefined
  const repair = {
    what: 'the host is wired anew',
    run: () => {
      // One time for all findings of one look.
      repairing ??= rewire(machine, { sight, domain })
      return repairing
    },
  }
  return defects
    .filter(one => !isOff(one))
    .map(({ what, remedy, repairedBy }) =>
      repairedBy === 'agent' ? { what: `${host}: ${what}`, repair } : { what: `${host}: ${what} (${remedy})` },
    )
}

async function rewire(machine: Machine, { sight, domain }: Pick<Rooms, 'sight' | 'domain'>): Promise<void> {
  const wiring = hostWiring(machine.host, await sight(), { domain })
  const troubles = await machine.apply(wiring)
  const left = (await machine.observe(wiring)).defects.filter(({ repairedBy, part }) => repairedBy === 'agent' && part !== 'metadata')
  const why = [...troubles.map(({ subject, reason }) => `${subject}: ${reason}`), ...left.map(({ what }) => what)]
  if (why.length > 0) throw new Error(why.join('; '))
}

async function lostServers({ store, serverPorts, livingServers }: Rooms): Promise<readonly Finding[]> {
  const seated = await store.seated()
  if (!livingServers || seated.length === 0) return []
  const living = await livingServers([...new Set(seated.map(({ serverId }) => serverId))])
  return seated
    .filter(({ serverId }) => !living.has(serverId))
    .map(({ id, serverId }) => ({
      what: `port ${id} is of the server ${serverId}, which is not there`,
      repair: { what: 'the port was let go', run: async (cause: Cause) => void (await serverPorts.deleteFor(serverId, cause, [id])) },
    }))
}

const lostPorts = async ({ store, ipam, write }: Rooms): Promise<readonly Finding[]> =>
  (await store.strayAllocations()).map(allocation => ({
    what: `the address ${allocation.ipAddress} of network ${allocation.networkId} is taken by the port ${allocation.portId}, which is not there`,
    repair: { what: 'the address was given back', run: cause => write(cause, tx => ipam.giveBack(tx, [allocation])) },
  }))

const lostHosts = async ({ store }: Rooms): Promise<readonly Finding[]> =>
  (await store.strayBindings()).map(({ id, names }) => ({
    what: `port ${id} is bound to ${names}, of which no network agent ever spoke (start one there, or move the server)`,
  }))

const lostNetworks = async ({ store, ports }: Rooms): Promise<readonly Finding[]> =>
  (await store.strayDhcpPorts()).map(({ id, names }) => ({
    what: `port ${id} is of a DHCP server for network ${names}, on which nobody is to be served`,
    repair: { what: 'the port was deleted', run: cause => ports.delete(id, { cause, viewer: everybody, within: {} }) },
  }))

const lostAgents = async ({ store }: Rooms): Promise<readonly Finding[]> =>
  (await store.strayRouters()).map(({ id, names }) => ({
    what: `router ${id} is given to the agent ${names}, which is not there (openstack network agent add router --l3 AGENT ${id})`,
  }))

async function floatingStates({ store, floatingips }: Rooms): Promise<readonly Finding[]> {
  const states = await store.floatingIps()
  return states.flatMap((one): readonly Finding[] => {
    const wrong = brokenFloating(one)
    if (wrong !== undefined) return [{ what: `floating IP ${one.address} ${wrong} (openstack floating ip unset --port ${one.address})` }]
    if (one.status !== 'ACTIVE' || one.fixedPortId !== null || one.routerId !== null) return []
    const run = (cause: Cause) => floatingips.setStatus([one.id], 'DOWN', { cause })
    return [{ what: `floating IP ${one.address} is ACTIVE and leads nowhere`, repair: { what: 'it is DOWN', run } }]
  })
}

function brokenFloating({ fixedPortId, fixedAddress, routerId, hasPort, hasAddress, hasRouter }: FloatingState): string | undefined {
  if (fixedPortId !== null && !hasPort) return `leads to the port ${fixedPortId}, which is not there`
  if (fixedPortId !== null && fixedAddress !== null && !hasAddress) return `leads to ${fixedAddress}, which its port does not have`
  if (routerId !== null && !hasRouter) return `leads through the router ${routerId}, which is not there`
  if (fixedPortId !== null && routerId === null) return 'leads to a port and through no router'
  return undefined
}

const usages = async ({ store, quotas, write }: Rooms): Promise<readonly Finding[]> =>
  (await store.wrongUsages()).map(({ projectId, resource, counted, noted }) => ({
    what: `project ${projectId} has ${counted} of ${resource}, and ${noted} are counted`,
    repair: {
      what: `${counted} are counted`,
      run: cause => write(cause, tx => quotas.note(tx, projectId, resource as Parameters<QuotaLogic['note']>[2], counted - noted)),
    },
  }))
