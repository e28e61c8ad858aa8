import type { Bus } from '@kilonova/platform/bus/bus.ts'
import {
  type HypervisorSettings,
  hostNames,
  isFake,
  openDriver as openNamedDriver,
  openHypervisorAgent,
} from '@kilonova/hypervisor/main.ts'
import { hypervisorOptions } from '@kilonova/hypervisor/options.ts'
import type { PluginOutcome, Rooms } from './cloud.ts'

export interface Looking {
  readonly openDriver: typeof openNamedDriver
  /** How long the cloud waits for this host's hypervisor before it serves without it. */
  readonly patienceMs: number
  readonly lookMs: number
}

export type Needed = Pick<Rooms, 'clock' | 'chance' | 'logOf' | 'settings' | 'config' | 'plugins' | 'remark' | 'hostName'>

/** The hosts this process speaks for, by name, and the one it runs on. */
export interface Hypervisor {
  readonly host: string
  readonly hosts: readonly string[]
  /** What became of the plug-ins that bring drivers. */
  readonly plugins: readonly PluginOutcome[]
  close(): Promise<void>
}

/**
 * The agent of this host, or those of the hosts that a fake driver pretends. It opens beside everything else: a hypervisor that does not answer
 * keeps nobody from signing in. It is looked at until it answers, and remarked upon while it does not.
 */
export async function openHypervisor(
  rooms: Needed,
  bus: Bus,
  { openDriver, patienceMs, lookMs }: Looking = { openDriver: openNamedDriver, patienceMs: 2_000, lookMs: 10_000 },
): Promise<Hypervisor> {
  const { clock, logOf, remark } = rooms
  const settings = rooms.config(hypervisorOptions)
  const { hostName: host } = rooms
  const hosts = hostNames(host, settings)
  if (isFake(settings)) return openPretended(rooms, bus, settings, hosts)

  const ending = new AbortController()
  const opening = openAgent(rooms, bus, settings, { host, openDriver })
  const look = async () => {
    const { driver } = await opening
    for (;;) {
      try {
        await driver.facts()
        return remark('nova-compute', undefined)
      } catch (error) {
        remark('nova-compute', `no guest can be started on ${host}: ${wordsOf(error)} (kilonova doctor says why)`)
      }
      await clock.sleep(lookMs, ending.signal)
    }
  }
  const looking = look().catch(error => {
    if (ending.signal.aborted) return
    logOf('nova-compute').error('the hypervisor agent could not be opened', { error })
    remark('nova-compute', `no guest can be started on ${host}: ${wordsOf(error)}`)
  })
  await Promise.race([looking, clock.sleep(patienceMs, ending.signal)])
  const chosen = await Promise.race([opening.then(() => undefined, wordsOf), clock.sleep(0).then(() => undefined)])
  return {
    host,
    hosts,
    plugins: outcomes(rooms, settings, chosen),
    close: async () => {
      ending.abort(new Error('the cloud ends'))
      await looking
      await opening.then(({ agent }) => agent.close()).catch(() => {})
    },
  }
}

/** What is only pretended is there at once and never ails. */
async function openPretended(rooms: Needed, bus: Bus, settings: HypervisorSettings, hosts: readonly string[]): Promise<Hypervisor> {
  const opened = await Promise.all(hosts.map(host => openAgent(rooms, bus, settings, { host, openDriver: openNamedDriver })))
  return {
    host: rooms.hostName,
    hosts,
    plugins: outcomes(rooms, settings, undefined),
    close: async () => {
      await Promise.all(opened.map(({ agent }) => agent.close()))
    },
  }
}

async function openAgent(
  { clock, chance, logOf, settings: cloud, plugins }: Needed,
  bus: Bus,
  settings: HypervisorSettings,
  { host, openDriver }: { readonly host: string; readonly openDriver: Looking['openDriver'] },
) {
  const log = logOf('nova-compute')
  const { virt_type: wish } = cloud.libvirt
  const virtType = wish === 'auto' ? undefined : wish
  const driver = await openDriver({
    host,
    hostIp: cloud.DEFAULT.my_ip,
    settings,
    virtType,
    clock,
    chance,
    log,
    plugins: driverPlugins(plugins),
  })
  const tidyEveryMs = settings.image_cache.manager_interval
  const startsAtOnce = settings.DEFAULT.max_concurrent_builds
  const pressEveryMs = settings.compute.shutdown_retry_interval
  const agent = await openHypervisorAgent({ host, bus, driver, clock, chance, log, tidyEveryMs, startsAtOnce, pressEveryMs })
  return { driver, agent }
}

const driverPlugins = (plugins: Rooms['plugins']) => plugins.filter(plugin => plugin.extends === 'hypervisor')

/** One that is not chosen was not asked either. */
const outcomes = ({ plugins }: Needed, { DEFAULT }: HypervisorSettings, failure: string | undefined): PluginOutcome[] =>
  driverPlugins(plugins).map(({ name }) => {
    const driver = `plugin.${name}`
    return driver === DEFAULT.compute_driver && failure !== undefined ? { name, why: failure } : { name, alias: `compute_driver ${driver}` }
  })

const wordsOf = (error: unknown) => (error instanceof Error ? error.message.replace(/\.$/, '') : String(error))
