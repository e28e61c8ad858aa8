import { contains } from '@kilonova/network-agent/contract/addresses.ts'
import { tapOf } from '@kilonova/network-agent/contract/names.ts'
import type { Defect } from '@kilonova/network-agent/contract/observation.ts'
import type { WiredPort } from '../../wiring/wiring/landscape.ts'
import { type Judgement, judge } from './rules.ts'
import type { Packet, PlannedHop, Trouble } from './trace.ts'
import { guestName, nameOf, type World } from './world.ts'

export interface Passing {
  readonly packet: Packet
  /** The packet answers another: connections that began are known, and no rule is asked. */
  readonly isAnswer: boolean
}

/** From the guest to its bridge. */
export const leaving = (world: World, port: WiredPort, passing: Passing): readonly PlannedHop[] => [
  guestHop(world, port, passing.packet.source),
  cableHop(port),
  ...(port.portSecurityEnabled ? [spoofHop(port, passing.packet.source), ruleHop(world, port, 'egress', passing)] : []),
]

/** From its bridge to the guest. */
export const arriving = (world: World, port: WiredPort, passing: Passing): readonly PlannedHop[] => [
  ...(port.portSecurityEnabled ? [ruleHop(world, port, 'ingress', passing)] : []),
  cableHop(port),
  guestHop(world, port, passing.packet.destination),
]

function guestHop(world: World, port: WiredPort, address: string): PlannedHop {
  const { bindingHostId: host } = port
  const name = guestName(world, port)
  const own = address === '0.0.0.0' ? port.macAddress : address
  const says = `${own} on ${nameOf(world, port.networkId)}, ${host === '' ? 'nowhere' : `at ${host}`}`
  return { where: name, what: 'the guest', says, trouble: guestTrouble(world, port) }
}

function guestTrouble(world: World, port: WiredPort): Trouble | undefined {
  const { id, bindingVifType: vif, bindingHostId: host, adminStateUp } = port
  if (!adminStateUp) return { why: `port ${id} is switched off`, remedy: `openstack port set --enable ${id}` }
  if (vif === 'binding_failed') {
    const remedy = `see to the network agent of ${host}, then attach the port anew or start the server again`
    return { why: `port ${id} could not be bound to ${host}: no agent there could wire it`, remedy }
  }
  if (host === '' || vif === 'unbound') {
    const remedy = port.deviceId === '' ? 'attach it to a server' : 'start the server'
    return { why: `port ${id} is bound to no host`, remedy }
  }
  return agentTrouble(world, host)
}

/** A host nobody speaks for cannot be seen, and is wired by nobody. */
export function agentTrouble({ agents }: World, host: string): Trouble | undefined {
  const agent = agents.get(host)
  const start = `start the network agent of ${host} (kilonova up there)`
  if (!agent) return { why: `no network agent ever spoke for ${host}`, remedy: start }
  if (!agent.isAlive) return { why: `the network agent of ${host} has been silent for ${agent.silentS} s`, remedy: start }
  return undefined
}

const cableHop = ({ id, bindingHostId: host }: WiredPort): PlannedHop => ({
  ...{ where: tapOf(id), host, what: 'its cable', says: 'plugged in and up' },
  concerns: ({ subject, part }) => subject === id && ['tap', 'card', 'mtu'].includes(part),
})

const spoofHop = ({ id, bindingHostId: host, macAddress }: WiredPort, source: string): PlannedHop => ({
  ...{ where: tapOf(id), host, what: 'whether it pretends', says: `${source} at ${macAddress} is its own` },
  concerns: ({ subject, part, about }) =>
    subject === id && part === 'spoof' && (about === undefined || about.includes('') || about.some(each => isOf(each, source))),
})

const isOf = (cidr: string, address: string) => cidr === address || contains(cidr, address)

function ruleHop(world: World, port: WiredPort, direction: 'ingress' | 'egress', { packet, isAnswer }: Passing): PlannedHop {
  const side = direction === 'ingress' ? 'i' : 'o'
  const at = { where: tapOf(port.id), host: port.bindingHostId, what: direction === 'ingress' ? 'what it lets in' : 'what it may send' }
  if (isAnswer) {
    const concerns = (one: Defect) =>
      one.subject === port.id && (isStrangeDrop(one, direction) || (one.part === 'answers' && one.about?.includes(side) === true))
    return { ...at, says: 'answers of a connection pass', concerns }
  }
  const judged = judge(world, port, direction, packet)
  return { ...at, says: judged.says, trouble: judged.trouble, concerns: defect => isMissed(defect, { port, direction, judged, packet }) }
}

/** A rule that nobody asked for; it names no rule of a group. */
const isStrangeDrop = ({ part, about }: Defect, direction: 'ingress' | 'egress') =>
  part === (direction === 'ingress' ? 'filter-in' : 'filter-out') && about === undefined

interface Judged {
  readonly port: WiredPort
  readonly direction: 'ingress' | 'egress'
  readonly judged: Judgement
  readonly packet: Packet
}

/** Whether what is amiss is what this packet needs: other rules may let it pass all the same. */
function isMissed(defect: Defect, { port, direction, judged, packet }: Judged): boolean {
  const { subject, part, about, stops } = defect
  if (part === 'guard') return subject === port.id || subject === 'firewall'
  if (part === 'set') return stops && judged.needsMember(subject, about ?? [])
  if (subject !== port.id) return false
  if (isStrangeDrop(defect, direction)) return packet.protocol > 0
  return part === (direction === 'ingress' ? 'filter-in' : 'filter-out') && stops && !judged.passesWithout(about ?? [])
}
