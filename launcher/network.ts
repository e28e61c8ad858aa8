import { join } from 'node:path'
import { hostNames, isFake } from '@kilonova/hypervisor/main.ts'
import { hypervisorOptions } from '@kilonova/hypervisor/options.ts'
import {
  type NetworkAgent,
  networkAgentOptions,
  openFakeDriver,
  openLinuxBridgeDriver,
  openNetworkAgent,
  setupOf,
} from '@kilonova/network-agent/main.ts'
import type { Bus } from '@kilonova/platform/bus/bus.ts'
import type { Rooms } from './cloud.ts'
import { thisHost } from './host.ts'

export type Needed = Pick<
  Rooms,
  'clock' | 'chance' | 'logOf' | 'settings' | 'config' | 'remark' | 'openings' | 'places' | 'here' | 'hostName'
>

/**
 * The network agent of this host, or those of pretended hosts. Without root there is none: networks are served then, and nobody wires them here.
 */
export async function openNetworkAgents(
  rooms: Needed,
  bus: Bus,
  { metadataSecret, bridgeMappings }: { readonly metadataSecret: string; readonly bridgeMappings: Readonly<Record<string, string>> },
): Promise<{ close(): Promise<void> }> {
  const told = rooms.config(networkAgentOptions)
  const hypervisor = rooms.config(hypervisorOptions)
  const driver = driverOf(rooms)
  const stateDir = rooms.places.hint === '' ? undefined : join(rooms.places.home, 'neutron')
  const said = setupOf(told, { myIp: rooms.settings.DEFAULT.my_ip, stateDir })
  const setup = { ...said, bridgeMappings: { ...bridgeMappings, ...said.bridgeMappings } }
  const { clock, chance, logOf } = rooms
  const log = logOf('neutron-linuxbridge-agent')
  const agents: NetworkAgent[] = []
  const begin = async (host: string, opened: Parameters<typeof openNetworkAgent>[0]['driver']) => {
    agents.push(await openNetworkAgent({ host, bus, driver: opened, clock, chance, log, leavesNothing: stateDir !== undefined }))
  }
  if (driver === 'fake')
    for (const host of hostNames(rooms.hostName, hypervisor))
      await begin(host, openFakeDriver({ setup: { ...setup, hasVlans: true }, clock, plugsAll: true }))
  if (driver === 'linuxbridge')
    await openLinuxBridgeDriver({ setup, metadataDoor: doorOf(rooms, metadataSecret), clock, log }).then(
      opened => begin(rooms.hostName, opened),
      error => rooms.remark('neutron-linuxbridge-agent', `networks cannot be wired on this host: ${String(error)}`),
    )
  if (driver === 'none') rooms.remark('neutron-linuxbridge-agent', 'networks are not wired on this host: that takes root')
  return {
    close: async () => {
      await Promise.all(agents.map(agent => agent.close()))
    },
  }
}

type Reading = Pick<Rooms, 'config'>

function driverOf({ config }: Reading): 'linuxbridge' | 'fake' | 'none' {
  const wish = config(networkAgentOptions).kilonova_network_agent.driver
  return wish !== 'auto' ? wish : isFake(config(hypervisorOptions)) ? 'fake' : thisHost.isRoot ? 'linuxbridge' : 'none'
}

/** Whether this host is wired for real, and its operator has no network outside of that name already. */
export function wiresThisHost(rooms: Reading): boolean {
  const { linux_bridge } = rooms.config(networkAgentOptions)
  const said = [...linux_bridge.physical_interface_mappings, ...linux_bridge.bridge_mappings]
  return driverOf(rooms) === 'linuxbridge' && !said.some(line => line.startsWith('public:'))
}

/** Where guests' questions go. A door that is closed now may be opened by another process of the cloud, at its usual port. */
function doorOf({ openings, settings, here }: Needed, sharedSecret: string) {
  const { nova_metadata_host: named, nova_metadata_port: namedPort, nova_metadata_protocol: namedProtocol } = settings.DEFAULT
  const isTls = settings.ssl.cert_file !== undefined
  if (named !== undefined && !here.has('nova-metadata')) {
    const how = namedProtocol === undefined ? isTls : namedProtocol === 'https'
    return { host: named, port: namedPort, prefix: '', sharedSecret, isTls: how }
  }
  const door = openings.find(({ name }) => name === 'nova-metadata')
  const { bind_host, my_ip } = settings.DEFAULT
  const host = door && bind_host !== '0.0.0.0' ? bind_host : my_ip
  return { host, port: door?.port ?? 8775, prefix: door?.prefix ?? '', sharedSecret, isTls }
}
