import { Refusal } from '@kilonova/platform/refusal.ts'
import { hostnameOf } from '../server.ts'
import type { WholeWish } from './create.ts'
import type { Rooms } from './rooms.ts'

/** Looks at the networks and ports that are asked for, before anything is written. */
export async function refuseNetworks({ network }: Pick<Rooms, 'network'>, wish: WholeWish, id: string): Promise<void> {
  const { networks } = wish
  const asked = typeof networks === 'string' ? [] : networks
  if (wish.maxCount > 1 && asked.some(({ portId }) => portId !== undefined))
    throw new Refusal(
      'invalid',
      'Failed to launch instances: Unable to launch multiple instances with a single configured port ID. Please launch your instance one by one with different ports.',
    )
  if (wish.maxCount > 1 && asked.some(({ fixedIp }) => fixedIp !== undefined))
    throw new Refusal('invalid', 'Failed to launch instances: max_count cannot be greater than 1 if an fixed_ip is specified.')
  if (network) {
    const owner = { id, projectId: wish.projectId, name: wish.hostname ?? hostnameOf(wish.name) }
    await network.ports.check({ ...owner, availabilityZone: wish.zone ?? '', securityGroups: wish.securityGroups }, networks)
    return
  }
  const [first] = asked
  if (first?.portId !== undefined) throw new Refusal('invalid', `Port id ${first.portId} could not be found.`)
  const group = wish.securityGroups.find(name => name !== 'default')
  if (group !== undefined) throw new Refusal('invalid', `Security group ${group} not found for project ${wish.projectId}.`)
  if (first) throw new Refusal('invalid', `Network ${first.networkId} could not be found.`)
}
