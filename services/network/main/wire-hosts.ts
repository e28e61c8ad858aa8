import type { Heartbeat } from '@kilonova/network-agent/contract/messages.ts'
import type { Bus } from '@kilonova/platform/bus/bus.ts'
import type { Cause } from '@kilonova/platform/cause.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import type { Log } from '@kilonova/platform/log/log.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import type { FloatingipLogic } from '../floatingips/logic.ts'
import { hostId } from '../drivers/names/host-id.ts'
import { everybody } from '../listings/listing.ts'
import type { PortLogic } from '../ports/logic/ports.ts'
import type { PortWish } from '../ports/port/attributes.ts'
import type { Tables } from '../tables.ts'
import type { DhcpPortPlan } from '../wiring/wiring/dhcp-ports.ts'
import { dhcpOwner } from '../wiring/wiring/owners.ts'
import { type Telling, tellHosts } from '../wiring/reconcilers/tell-hosts.ts'
import { wiringStore } from '../wiring/store.ts'

export interface WiringWish {
  readonly db: Database<Tables>
  readonly ports: Pick<PortLogic, 'create' | 'update' | 'delete' | 'setStatus'>
  readonly floatingips: Pick<FloatingipLogic, 'setStatus'>
  readonly bus: Bus
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
  /** `[DEFAULT] dns_domain` */
  readonly domain: string
  /** `[DEFAULT] agent_down_time`, in milliseconds. */
  readonly silentMs: number
  /** Notes that the agents of hosts live. */
  readonly heard: (beats: readonly Heartbeat[], cause: Cause) => Promise<unknown>
}

/** Sees to it that hosts are wired as the tables say. */
export function wireHosts({ db, ports, floatingips, bus, clock, chance, log, domain, silentMs, heard }: WiringWish): Promise<Telling> {
  return tellHosts({
    bus,
    clock,
    log,
    store: wiringStore(db),
    rules: { domain },
    changes: db.changes,
    setStatus: (ids, status, cause) => ports.setStatus(ids, status, { cause }),
    serveFloating: (ids, status, cause) => floatingips.setStatus(ids, status, { cause }),
    heard,
    serveDhcp: (plan, cause) => serveDhcp(plan, { ports, log, cause }),
    bindRouters: async ({ bind }, cause) => {
      const act = { cause, viewer: everybody, within: {} }
      for (const { portId, host } of bind)
        await ports
          .update(portId, { bindingHostId: host }, act)
          .catch(error => log.warn('a port of a router could not be bound', { port: portId, host, error }))
    },
    newCause: why => ({ requestId: `req-${chance.uuid()}`, why }),
    silentMs,
  })
}

interface Serving {
  readonly ports: WiringWish['ports']
  readonly log: Log
  readonly cause: Cause
}

/** A network that goes meanwhile, or whose addresses are all taken, keeps no other from being served. */
async function serveDhcp({ make, change, remove }: DhcpPortPlan, { ports, log, cause }: Serving): Promise<void> {
  const act = { cause, viewer: everybody, within: {} }
  const trying = async (subject: string, work: () => Promise<unknown>) => {
    await work().catch(error => log.warn('a DHCP server could not be placed', { subject, error }))
  }
  for (const { networkId, projectId, host, subnetIds } of make)
    await trying(networkId, () => ports.create([dhcpPort({ networkId, projectId, host, subnetIds })], act))
  for (const { portId, networkId, host, subnetIds } of change)
    await trying(networkId, () =>
      ports.update(
        portId,
        { bindingHostId: host, deviceId: deviceOf(host, networkId), fixedIps: subnetIds.map(subnetId => ({ subnetId })) },
        act,
      ),
    )
  for (const { portId } of remove) await trying(portId, () => ports.delete(portId, act))
}

type Placed = DhcpPortPlan['make'][number]

const dhcpPort = ({ networkId, projectId, host, subnetIds }: Placed): PortWish => ({
  networkId,
  projectId,
  name: '',
  description: '',
  adminStateUp: true,
  deviceOwner: dhcpOwner,
  deviceId: deviceOf(host, networkId),
  fixedIps: subnetIds.map(subnetId => ({ subnetId })),
  bindingHostId: host,
  portSecurityEnabled: false,
  securityGroups: [],
  bindingVnicType: 'normal',
  qosPolicyId: null,
  deviceProfile: null,
  numaAffinityPolicy: null,
  dnsName: '',
  propagateUplinkStatus: true,
})

/** `dhcp`, a name-based id of the host, and the network: what people look for. */
const deviceOf = (host: string, networkId: string): string => `dhcp${hostId(host.split('.')[0] ?? host)}-${networkId}`
