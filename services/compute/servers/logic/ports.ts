import type { RequestedNetwork, ServerOfPorts, ServerPort } from '@kilonova/network/contract/ports.ts'
import type { Cause } from '@kilonova/platform/cause.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { NetworkWish, Server } from '../server.ts'
import { type AttachWish, attachPort, type DetachWish, detachPort } from '../tasks/ports.ts'
import { nicOf } from '../tasks/wire.ts'
import { type ActOn, type Asker, mustMay } from './act.ts'
import { asAttaching, refusalOf } from './network-refusals.ts'
import type { Rooms } from './rooms.ts'

/** Longer than a host takes to plug a cable in, shorter than callers wait for an answer. */
const deadlineMs = 60_000

/** Whose networks who asks may use. */
export interface NetworkSight {
  readonly seesAllNetworks: boolean
  readonly mayUseExternalNetworks: boolean
}

/** Cables of servers that are there already. */
export const plugging = (act: ActOn, { network, outcomeOf }: Pick<Rooms, 'network' | 'outcomeOf'>) => {
  const ports = () => {
    if (!network) throw new Refusal('unavailable', 'This cloud has no network service.')
    return network.ports
  }
  const portsOf = async ({ id }: Pick<Server, 'id'>): Promise<readonly ServerPort[]> =>
    (await network?.ports.ofServers([id]))?.get(id) ?? []

  /** The network that is meant, by name or as the only one there is. */
  async function resolve(owner: ServerOfPorts, wanted: NetworkWish): Promise<RequestedNetwork> {
    const isNamed = wanted.networkId !== undefined || wanted.portId !== undefined
    const { resolved, newPorts, freePorts } = await ports()
      .check(owner, isNamed ? [wanted] : 'any')
      .catch(asAttaching)
    const [only] = resolved
    if (!only) throw new Refusal('invalid', `No specific network was requested and none are available for project '${owner.projectId}'.`)
    if (newPorts > freePorts) throw new Refusal('over-quota', 'Maximum number of ports exceeded')
    return { ...only, tag: wanted.tag }
  }

  return {
    portsOf,

    /** Answers when the cable is plugged in, as callers of Nova expect. */
    async attachPort(server: Server, wish: NetworkWish, asker: Asker & NetworkSight, cause: Cause): Promise<ServerPort> {
      const { id } = server
      mustMay('attachPort', server, asker)
      const owner = { id, projectId: server.projectId, name: server.hostname, availabilityZone: server.availabilityZone ?? '' }
      const { seesAllNetworks: seesAll, mayUseExternalNetworks: mayUseExternal } = asker
      const wanted = await resolve({ ...owner, securityGroups: [], seesAll, mayUseExternal }, wish)
      let taskId = ''
      await act<AttachWish>(
        id,
        {
          ...{
            action: 'attachPort',
            task: attachPort,
            note: { action: 'attach_interface', event: 'compute_attach_interface' },
            deadlineMs,
          },
          input: ({ vmState }) => ({ was: vmState, wanted, seesAll }),
          onRecorded: recorded => {
            taskId = recorded
          },
        },
        asker,
        cause,
      )
      const { state, saved, fault } = await outcomeOf(taskId)
      const port = state === 'done' ? (await portsOf(server)).find(one => 'portId' in saved && one.id === saved.portId) : undefined
      if (port) return port
      throw (
        refusalOf(fault) ?? new Refusal('conflict', `Failed to attach network adapter device to ${id}`, { code: 'InterfaceAttachFailed' })
      )
    },

    async detachPort(server: Server, portId: string, asker: Asker, cause: Cause): Promise<void> {
      mustMay('detachPort', server, asker)
      const port = (await portsOf(server)).find(one => one.id === portId)
      if (!port) throw new Refusal('not-found', `Port ${portId} is not attached`)
      const note = { action: 'detach_interface', event: 'compute_detach_interface' }
      const input = ({ vmState }: Server) => ({ was: vmState, nic: nicOf(port) })
      await act<DetachWish>(server.id, { action: 'detachPort', task: detachPort, note, input, deadlineMs: 2 * deadlineMs }, asker, cause)
    },
  }
}
