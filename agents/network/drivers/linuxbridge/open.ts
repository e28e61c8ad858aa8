import type { Clock } from '@kilonova/platform/clock.ts'
import type { Log } from '@kilonova/platform/log/log.ts'
import type { WiringTrouble } from '../../contract/messages.ts'
import { tapOf } from '../../contract/names.ts'
import type { HostWiring } from '../../contract/wiring.ts'
import { defectsOf } from '../../documents/defects/defects.ts'
import { desire } from '../../documents/desired/desire.ts'
import type { Desired } from '../../documents/desired/desired.ts'
import type { HostSetup } from '../../documents/setup.ts'
import type { Applied, Driver } from '../driver.ts'
import { announceAddresses } from './announce.ts'
import { factsOf, readyHost } from './facts.ts'
import { firewall } from './filter/firewall.ts'
import type { Shut } from './filter/rules.ts'
import { limitsOn, routerLimitsOn } from './filter/limits.ts'
import { forgetAddresses } from './forget.ts'
import { followLinks } from './follow.ts'
import { linksIn, look } from './look.ts'
import type { MetadataDoor } from './metadata/answer.ts'
import { metadataProxies } from './metadata/proxies.ts'
import { observation } from './observation.ts'
import type { Observed } from './observed.ts'
import { perform, performLookingAgain } from './perform.ts'
import type { Act } from './plan/act.ts'
import { bandwidthActs, isShaped } from './plan/bandwidth.ts'
import { bridgeActs, bridgeTroubles } from './plan/bridges.ts'
import { cableActs, tapActs } from './plan/cables.ts'
import { insideActs } from './plan/inside.ts'
import { goneNamespaces, removeLeftovers } from './plan/leftovers.ts'
import { fillNamespace, makeNamespaces } from './plan/namespaces.ts'
import { probeFrom } from './probe.ts'
import { neighbourProxies } from './neighbour-proxies.ts'
import { routerTablesOn } from './router-tables.ts'
import { reasonOf, runner } from './run.ts'
import { see } from './see.ts'
import { settledNamespaces, without } from './settled.ts'
import { isOpenToAll } from './servers/files.ts'
import { endNameless } from './servers/nameless.ts'
import { applyServers, endServersOf } from './servers/servers.ts'

export interface LinuxBridgeOptions {
  readonly setup: Omit<HostSetup, 'hasVlans'>
  readonly metadataDoor: MetadataDoor
  readonly clock: Clock
  readonly log: Log
  /** A namespace that stands for the whole host; absent: this machine. */
  readonly hostNamespace?: string | undefined
}

/** Wires a host with the kernel's bridges, namespaces and packet filter, and what Debian has for DHCP and announcements. */
export async function openLinuxBridgeDriver(options: LinuxBridgeOptions): Promise<Driver> {
  const { clock, log, hostNamespace, metadataDoor } = options
  const run = runner({ clock, log, hostNamespace })
  const { hasVlans, warnings } = await readyHost(run)
  // A DHCP server that stopped being root could not read its files again in a home of root's own.
  const user = (await isOpenToAll(options.setup.stateDir)) ? undefined : 'root'
  const setup: HostSetup = { ...options.setup, hasVlans, dhcp: { ...options.setup.dhcp, user } }
  const walls = firewall(run, setup.chainPrefix)
  const limits = limitsOn(run, setup.chainPrefix)
  const tables = routerTablesOn(run)
  const routerLimits = routerLimitsOn(run)
  const neighbours = neighbourProxies(run)
  const proxies = metadataProxies({ door: metadataDoor, log })
  const rooms = { run, clock, setup }
  const settled = settledNamespaces()
  // Whoever was here before may have left limits behind.
  let mayShape = true
  let isFirst = true
  let shut: Shut = new Map()

  /** The filter stands before anything is plugged in, and devices stand before what uses them. */
  async function apply(wiring: HostWiring, { isThorough = false } = {}): Promise<Applied> {
    const wished = desire(wiring, setup)
    const skip = isThorough ? new Set<string>() : settled.among(wished)
    const [walled, limited, observed] = await Promise.all([
      walls.apply({ desired: wished, wiring, isThorough }),
      asTrouble('limits', () => limits.apply(wished, isThorough)),
      look(run, { skip, movesInterfaces: movesInterfaces(wished) }),
    ])
    shut = walled.shut
    const desired = withShut(wished, shut)
    const left = without(desired, skip)
    const acts = devices(left, observed, setup.owner)
    if (isThorough) acts.push(...(await insideActs(run, { desired, wiring, observed })))
    const failed = await perform(run, acts)
    const shaping = isThorough || mayShape || isShaped(desired.taps) ? await bandwidthActs(run, desired.taps, observed) : []
    mayShape = isShaped(desired.taps)
    const shaped = await perform(run, shaping)
    const routed = await applyRouters(left, observed, isThorough)
    const served = await applyServers(rooms, left)
    const proxied = await proxies.apply(desired.namespaces, wiring.metadata)
    if (isThorough || isFirst) await endNameless(rooms, desired.namespaces)
    isFirst = false
    const removed = await remove(desired, observed)
    const troubles = [
      ...desired.troubles,
      ...bridgeTroubles(desired.bridges, observed, setup.owner),
      ...walled.troubles,
      ...limited.troubles,
      ...failed,
      ...shaped,
      ...routed.troubles,
      ...served.troubles,
      ...[...proxied.failed].map(([subject, reason]) => ({ subject: subject.replace(/^[a-z]+-/, ''), reason })),
      ...removed.troubles,
    ]
    settled.remember(desired, troubles)
    return {
      changes:
        walled.count + limited.count + acts.length + shaping.length + routed.count + served.changes + proxied.changes + removed.count,
      portsUp: pluggedIn(acts.length === 0 ? observed.links : await linksIn(run), wiring.ports).filter(id => !shut.has(id)),
      ...(shut.size > 0 && { shut: [...shut.keys()] }),
      troubles,
    }
  }

  async function applyRouters(desired: Desired, observed: Observed, isThorough: boolean): Promise<Counted> {
    const results: Counted[] = []
    for (const wish of desired.namespaces)
      if (wish.tables)
        for (const part of [() => tables.apply(wish), () => routerLimits.apply(wish, isThorough), () => neighbours.apply(wish)])
          results.push(await asTrouble(wish.subject, part))
    await forgetAddresses(run, desired, observed)
    announceAddresses(run, desired, observed)
    return { count: results.reduce((sum, { count }) => sum + count, 0), troubles: results.flatMap(({ troubles }) => troubles) }
  }

  async function remove(desired: Desired, observed: Observed): Promise<Counted> {
    for (const namespace of goneNamespaces(desired, observed, setup.owner)) {
      await endServersOf(rooms, namespace)
      tables.forget(namespace)
      routerLimits.forget(namespace)
      neighbours.forget(namespace)
    }
    const acts = removeLeftovers(desired, observed, setup.owner)
    const again = async () => {
      const skip = settled.among(desired)
      return removeLeftovers(desired, await look(run, { skip, movesInterfaces: movesInterfaces(desired) }), setup.owner)
    }
    return { count: acts.length, troubles: await performLookingAgain(run, acts, again) }
  }

  return {
    kind: 'linuxbridge',
    facts: async () => factsOf(setup, warnings),
    apply,
    observe: async (wiring, namespaces) => {
      const whole = withShut(desire(wiring, setup), shut)
      const skip = new Set(namespaces && whole.namespaces.map(({ name }) => name).filter(name => !namespaces.includes(name)))
      const desired = without(whole, skip)
      const observed = await look(run, { skip, movesInterfaces: movesInterfaces(desired) })
      const acts = [...devices(desired, observed, setup.owner), ...removeLeftovers(whole, observed, setup.owner)]
      const defects = defectsOf(desired, wiring, await see({ run, setup, frames: walls.frameName }, desired, observed))
      return observation({ observed, setup, acts, walls: await walls.differences(desired), proxied: proxies.namespaces(), defects })
    },
    pluggedPorts: async ids =>
      ids.length === 0
        ? []
        : pluggedIn(
            await linksIn(run),
            ids.map(id => ({ id })),
          ),
    probe: wish => probeFrom(run, clock, wish),
    follow: tell => followLinks({ clock, hostNamespace }, tell),
    close: proxies.close,
  }
}

function devices(desired: Desired, observed: Observed, owner: string): Act[] {
  return [
    ...makeNamespaces(desired.namespaces, observed, owner),
    ...bridgeActs(desired.bridges, observed, owner),
    ...cableActs(desired.cables, observed, owner),
    ...tapActs(desired.taps, observed, owner),
    ...desired.namespaces.flatMap(wish => fillNamespace(wish, observed.namespaces.get(wish.name))),
  ]
}

const pluggedIn = (links: Observed['links'], ports: readonly { readonly id: string }[]): readonly string[] =>
  ports.map(({ id }) => id).filter(id => links.get(tapOf(id))?.master !== undefined)

const movesInterfaces = ({ bridges }: Desired) => bridges.some(({ uplink }) => uplink?.kind === 'interface')

/** A cable whose port has no rules is off: nothing passes, whatever the packet filter holds. */
const withShut = (desired: Desired, shut: Shut): Desired =>
  shut.size === 0 ? desired : { ...desired, taps: desired.taps.map(tap => (shut.has(tap.portId) ? { ...tap, isUp: false } : tap)) }

interface Counted {
  readonly count: number
  readonly troubles: readonly WiringTrouble[]
}

/** What one part cannot do keeps no other part from being done. */
const asTrouble = (subject: string, work: () => Promise<number>): Promise<Counted> =>
  work().then(
    count => ({ count, troubles: [] }),
    error => ({ count: 0, troubles: [{ subject, reason: reasonOf(error) }] }),
  )
