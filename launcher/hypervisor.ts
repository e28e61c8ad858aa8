import { hostname } from 'node:os'
import type { Bus } from '@kilonova/platform/bus/bus.ts'
import { openHypervisorAgent, openLibvirtDriver } from '@kilonova/hypervisor/main.ts'
import type { Rooms } from './cloud.ts'

export interface Looking {
  readonly openDriver: typeof openLibvirtDriver
  /** How long the cloud waits for this host's hypervisor before it serves without it. */
  readonly patienceMs: number
  readonly lookMs: number
}

/**
 * The agent of this host. It opens beside everything else: a hypervisor that does not answer keeps nobody from signing in. It is looked at
 * until it answers, and remarked upon while it does not.
 */
export async function openHypervisor(
  { clock, chance, logOf, settings, remark }: Pick<Rooms, 'clock' | 'chance' | 'logOf' | 'settings' | 'remark'>,
  bus: Bus,
  { openDriver, patienceMs, lookMs }: Looking = { openDriver: openLibvirtDriver, patienceMs: 2_000, lookMs: 10_000 },
) {
  const host = hostname()
  const log = logOf('nova-compute')
  const { virt_type } = settings.libvirt
  const ending = new AbortController()

  const open = async () => {
    const driver = await openDriver({ host, clock, log, ...(virt_type === 'auto' ? {} : { virtType: virt_type }) })
    const agent = await openHypervisorAgent({ host, bus, driver, clock, chance, log })
    return { driver, agent }
  }
  const opening = open()
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
    log.error('the hypervisor agent could not be opened', { error })
    remark('nova-compute', `no guest can be started on ${host}: ${wordsOf(error)}`)
  })
  await Promise.race([looking, clock.sleep(patienceMs, ending.signal)])
  return {
    host,
    close: async () => {
      ending.abort(new Error('the cloud ends'))
      await looking
      await opening.then(({ agent }) => agent.close()).catch(() => {})
    },
  }
}

const wordsOf = (error: unknown) => (error instanceof Error ? error.message.replace(/\.$/, '') : String(error))
