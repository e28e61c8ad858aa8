import type { PortWiring } from '../../../contract/wiring.ts'
import { versionOf } from '../../../contract/addresses.ts'
import { cutSetOf, type FilterWish } from '../../../documents/filter/tables.ts'
import { type Flow, isAddressOf, isAlwaysAllowed, type Judging, ruleThatAllows } from '../../../contract/verdict.ts'
import { bridgeOf } from '../../../contract/names.ts'
import type { Run } from '../run.ts'

export interface Tracked extends Flow {
  readonly zone: number
  readonly icmpId?: string | undefined
}

/** A line of `conntrack -L`. The first half is the connection as it began, the second its answers. */
export function readTracked(line: string): Tracked | undefined {
  const words = line.trim().split(/\s+/)
  const protocol = Number(words[1])
  const begun = new Map<string, string>()
  let zone = 0
  for (const word of words) {
    const [key = '', value = ''] = word.split('=')
    if (key === 'zone') zone = Number(value)
    else if (value !== '' && !begun.has(key)) begun.set(key, value)
  }
  const [source, destination] = [begun.get('src'), begun.get('dst')]
  if (source === undefined || destination === undefined || Number.isNaN(protocol)) return undefined
  return {
    protocol,
    source,
    destination,
    sourcePort: numberOf(begun.get('sport')),
    destinationPort: numberOf(begun.get('dport')) ?? numberOf(begun.get('type')),
    icmpCode: numberOf(begun.get('code')),
    icmpId: begun.get('id'),
    zone,
  }
}

const numberOf = (text: string | undefined) => (text === undefined ? undefined : Number(text))

export interface CutRooms {
  readonly run: Run
  readonly wish: FilterWish
  readonly judging: Judging
}

/**
 * Ends what the rules of now would not let begin. The kernel judges first packets only, so a connection outlives the rule that allowed it; each
 * one is judged again here, by the same rules. Says how many were ended.
 */
export async function cutForbidden({ run, wish, judging }: CutRooms): Promise<number> {
  const texts = await Promise.all(['ipv4', 'ipv6'].map(family => run('conntrack', ['-L', '-f', family])))
  const portsIn = portsByZone(wish)
  const tracked = texts.flatMap(text => text.split('\n')).flatMap(line => readTracked(line) ?? [])
  const forbidden = tracked.filter(flow => isForbidden(flow, portsIn.get(flow.zone) ?? [], judging))
  if (forbidden.length === 0) return 0
  await run('ipset', ['restore', '-exist'], {
    input: forbidden
      .filter(flow => flow.protocol === 6)
      .map(flow => cutLine(flow, wish.prefix))
      .join(''),
  })
  for (const flow of forbidden) await run('conntrack', deletion(flow)).catch(() => undefined)
  return forbidden.length
}

/** Bridges of the operator's have no zone of their own. */
function portsByZone({ ports, zones }: FilterWish): ReadonlyMap<number, readonly PortWiring[]> {
  const byZone = new Map<number, PortWiring[]>()
  for (const port of ports.filter(each => each.hasPortSecurity)) {
    const zone = zones.get(bridgeOf(port.networkId)) ?? 0
    byZone.set(zone, [...(byZone.get(zone) ?? []), port])
  }
  return byZone
}

function isForbidden(flow: Tracked, ports: readonly PortWiring[], judging: Judging): boolean {
  const breaks = (port: PortWiring | undefined, direction: 'ingress' | 'egress') =>
    port !== undefined && !isAlwaysAllowed(flow, direction) && !ruleThatAllows(flow, { port, direction }, judging)
  return (
    breaks(
      ports.find(port => isAddressOf(port, flow.destination)),
      'ingress',
    ) ||
    breaks(
      ports.find(port => isAddressOf(port, flow.source)),
      'egress',
    )
  )
}

/** The end that chose its port by chance stands for the connection. */
const cutLine = ({ source, destination, sourcePort }: Tracked, prefix: string) =>
  `add ${cutSetOf(prefix, versionOf(source))} ${source},tcp:${sourcePort},${destination}\n`

function deletion({ protocol, source, destination, sourcePort, destinationPort, icmpCode, icmpId, zone }: Tracked): readonly string[] {
  const whole = ['-D', '-w', `${zone}`, '-f', `ipv${versionOf(source)}`, '-p', `${protocol}`, '-s', source, '-d', destination]
  const icmp = protocol === 1 ? '--icmp' : protocol === 58 ? '--icmpv6' : undefined
  if (icmp) return [...whole, `${icmp}-type`, `${destinationPort}`, `${icmp}-code`, `${icmpCode}`, `${icmp}-id`, `${icmpId}`]
  return sourcePort === undefined ? whole : [...whole, '--sport', `${sourcePort}`, '--dport', `${destinationPort}`]
}
