import { demoNetwork, type DemoRooms } from './demo-network.ts'
import { tellLostPorts } from '@kilonova/network/contract/lost-ports.ts'
import type { NetworkDoor } from '@kilonova/network/contract/ports.ts'
import type { OpenService, Rooms } from './cloud.ts'
import { thisHost } from './host.ts'
import { openNetworkAgents, wiresThisHost } from './network.ts'
import { metadataSecret, type Shared, standardRooms, tokensOf } from './openers.ts'

/** The network service, the agent of this host, or both. */
export async function openNeutron(rooms: Rooms, shared: Shared): Promise<OpenService> {
  const server = rooms.here.has('neutron-server') ? await openServer(rooms, shared) : undefined
  const telling = server && tellingOf(rooms, shared, server.contract)
  if (server) shared.network = server.contract
  const host = rooms.here.has('neutron-linuxbridge-agent') ? await openHost(rooms, shared, server) : undefined
  return {
    doors: server ? { neutron: { answer: server.answer } } : {},
    health: async () => (await server?.health()) ?? [],
    ...(host ? { begin: host.begin } : {}),
    close: async () => {
      await host?.close()
      await telling?.stop()
      await server?.close()
    },
  }
}

async function openServer(rooms: Rooms, shared: Shared) {
  const { networkOptions, openNetwork } = await import('@kilonova/network/main.ts')
  const settings = rooms.config(networkOptions)
  const whose = { service: 'neutron', daemon: 'neutron-server', policyFile: settings.oslo_policy.policy_file }
  return openNetwork({ ...standardRooms(rooms, shared, whose), tokens: tokensOf(shared), settings, bus: shared.bus })
}

/** Where no conductor is in this process, those elsewhere are told of ports that are gone. */
function tellingOf(rooms: Rooms, { bus }: Shared, { changes }: NetworkDoor) {
  if (rooms.here.has('nova-conductor') || !rooms.settings.DEFAULT.enabled_services.includes('nova')) return undefined
  const newCause = (why: string) => ({ requestId: `req-${rooms.chance.uuid()}`, why })
  const unheard = (error: unknown) => rooms.logOf('neutron-server').warn('compute could not be told of a port that is gone', { error })
  return tellLostPorts({ changes, bus, newCause, unheard })
}

async function openHost(rooms: Rooms, shared: Shared, network: DemoRooms['network'] | undefined) {
  const { demo_network: wantsNetworks, demo_server: wantsAny, guest_image: hasImage } = rooms.settings.DEFAULT
  const demo = await demoNetwork({
    ...{ ...rooms, host: thisHost, network, wantsServer: wantsAny && hasImage, projectNamed: shared.projectNamed },
    isWanted: wantsNetworks && rooms.here.has('keystone') && wiresThisHost(rooms),
  })
  shared.firstServerSettled = demo.firstServerSettled
  const agents = await openNetworkAgents(rooms, shared.bus, {
    metadataSecret: metadataSecret(rooms),
    bridgeMappings: demo.bridgeMappings,
  })
  return {
    begin: demo.begin,
    close: async () => {
      await agents.close()
      await demo.close()
    },
  }
}
