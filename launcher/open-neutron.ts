import { demoNetwork, type DemoRooms } from './demo-network.ts'
import type { OpenService, Rooms } from './cloud.ts'
import { thisHost } from './host.ts'
import { openNetworkAgents, wiresThisHost } from './network.ts'
import { metadataSecret, type Shared, standardRooms, tokensOf } from './openers.ts'

/** The network service, the agent of this host, or both. */
export async function openNeutron(rooms: Rooms, shared: Shared): Promise<OpenService> {
  const server = rooms.here.has('neutron-server') ? await openServer(rooms, shared) : undefined
  if (server) shared.network = server.contract
  const host = rooms.here.has('neutron-linuxbridge-agent') ? await openHost(rooms, shared, server) : undefined
  return {
    doors: server ? { neutron: { answer: server.answer } } : {},
    health: async () => (await server?.health()) ?? [],
    ...(host ? { begin: host.begin } : {}),
    close: async () => {
      await host?.close()
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
