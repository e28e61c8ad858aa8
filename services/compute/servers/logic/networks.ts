import { Refusal } from '@kilonova/platform/refusal.ts'
import { hostnameOf } from '../server.ts'
import type { WholeWish } from './create.ts'
import { asMaking } from './network-refusals.ts'
import type { Rooms } from './rooms.ts'

/** Looks at the networks and ports that are asked for, before anything is written: for how many servers, of those that are wished, will they do? */
export async function countByNetworks({ network }: Pick<Rooms, 'network'>, wish: WholeWish, id: string): Promise<number> {
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
    const { securityGroups, seesAllNetworks: seesAll, mayUseExternalNetworks: mayUseExternal } = wish
    const { newPorts, freePorts } = await network.ports
      .check({ ...owner, availabilityZone: wish.zone ?? '', securityGroups, seesAll, mayUseExternal }, networks)
      .catch(asMaking)
    if (newPorts * wish.minCount > freePorts)
      throw new Refusal('over-quota', 'Maximum number of ports exceeded', { code: 'PortLimitExceeded' })
    return newPorts === 0 ? wish.maxCount : Math.min(wish.maxCount, Math.floor(freePorts / newPorts))
  }
  const [first] = asked
  if (first?.portId !== undefined) throw new Refusal('invalid', `Port id ${first.portId} could not be found.`)
  const group = wish.securityGroups.find(name => name !== 'default')
  if (group !== undefined) throw new Refusal('invalid', `Security group ${group} not found for project ${wish.projectId}.`)
  if (first) throw new Refusal('invalid', `Network ${first.networkId} could not be found.`)
  return wish.maxCount
}
