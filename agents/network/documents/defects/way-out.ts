import type { Defect } from '../../contract/observation.ts'
import type { HostWiring } from '../../contract/wiring.ts'
import type { Desired } from '../desired/desired.ts'
import { defect } from './links.ts'
import type { Seen } from './seen.ts'

/** Whether anything leads on from a bridge of the operator's to a router's next hop: the host itself, or an interface plugged into it. */
export const wayOutDefects = (desired: Desired, { routers }: HostWiring, seen: Seen): readonly Defect[] =>
  desired.bridges
    .filter(({ isForeign }) => isForeign)
    .flatMap(({ name, networkId }) => {
      const there = seen.links.get(name)
      const all = routers.flatMap(({ gateway, extraGateways = [] }) => [...(gateway ? [gateway] : []), ...extraGateways])
      const gateways = all.flatMap(gateway => (gateway.networkId === networkId ? gateway.nexthops : []))
      if (!there || gateways.length === 0) return []
      const own = new Set([...desired.cables.map(({ tap }) => tap), ...desired.taps.map(({ tap }) => tap)])
      const hasUplink = [...seen.links.values()].some(link => link.master === name && !own.has(link.name))
      return [...new Set(gateways)].flatMap(gateway => wayTo(gateway, { name, networkId, hasUplink, seen }))
    })

interface Bridge {
  readonly name: string
  readonly networkId: string
  readonly hasUplink: boolean
  readonly seen: Seen
}

function wayTo(gateway: string, { name, networkId, hasUplink, seen }: Bridge): readonly Defect[] {
  const isOwn = [...seen.links.values()].some(link => link.addresses.some(cidr => cidr.split('/')[0] === gateway))
  const of = { subject: networkId, part: 'way-out' as const, where: name, repairedBy: 'operator' as const }
  const isOnBridge = seen.links.get(name)?.addresses.some(cidr => cidr.split('/')[0] === gateway) === true
  if (!isOnBridge && !hasUplink) {
    const what = `nobody at ${name} answers for the gateway ${gateway}: the bridge has neither that address nor an uplink`
    return [defect({ ...of, what, remedy: `ip addr add ${gateway}/… dev ${name}, or plug an interface into ${name}` })]
  }
  const key = gateway.includes(':') ? 'net.ipv6.conf.all.forwarding' : 'net.ipv4.ip_forward'
  if (!isOwn || seen.settings[key] !== '0') return []
  return [
    defect({ ...of, what: `${key} is 0 on the host, which is the gateway ${gateway}: it passes nothing on`, remedy: `sysctl -w ${key}=1` }),
  ]
}
