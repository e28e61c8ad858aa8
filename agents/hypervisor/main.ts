import type { Bus } from '@kilonova/platform/bus/bus.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import type { Log } from '@kilonova/platform/log/log.ts'
import { hypervisorOf, rollCalled } from './contract/messages.ts'
import type { Driver } from './drivers/driver.ts'
import { atMost } from './guests/at-most.ts'
import { newsOfFacts } from './guests/news-of-facts.ts'
import { oneAtATime } from './guests/one-at-a-time.ts'
import { inbox } from './inbox.ts'
import { reportGuests } from './reconcilers/report-guests.ts'
import { tidyUp } from './reconcilers/tidy-up.ts'

export { openFakeDriver } from './drivers/fake/open.ts'
export { chooseVirtType, countFlagged, kvmRuns } from './drivers/libvirt/choose-virt-type.ts'
export { openLibvirtDriver } from './drivers/libvirt/open.ts'
export { type HypervisorSettings, hostNames, isFake, openDriver } from './main/drivers.ts'

export interface HypervisorAgentOptions {
  /** The host's name: the agent answers at `compute.<host>`. */
  readonly host: string
  readonly bus: Bus
  /** Closed with the agent. */
  readonly driver: Driver
  readonly clock: Clock
  readonly log: Log
  readonly chance: Chance
  /** How often everything is reported even when nothing changed; a minute unless told. */
  readonly reportEveryMs?: number | undefined
  /** How often it looks for what nobody needs any more; 40 minutes unless told. */
  readonly tidyEveryMs?: number | undefined
  /** How often a guest that is to shut itself down is asked again; 10 s unless told. */
  readonly pressEveryMs?: number | undefined
  /** How many guests may start at the same time; 10 unless told, 0 for any number. */
  readonly startsAtOnce?: number | undefined
}

export interface HypervisorAgent {
  readonly host: string
  /** Takes no more commands, lets the running ones finish, leaves every guest as it is. */
  close(): Promise<void>
}

/** The agent of one host: answers commands about its guests and says what they are doing. */
export async function openHypervisorAgent(options: HypervisorAgentOptions): Promise<HypervisorAgent> {
  const { host, bus, driver, clock, log, chance, reportEveryMs = 60_000, tidyEveryMs = 2_400_000, startsAtOnce = 10 } = options
  const rooms = { driver, clock, log, pressEveryMs: options.pressEveryMs }
  const inTurn = oneAtATime()
  const tidying = tidyUp({ ...rooms, inTurn, everyMs: tidyEveryMs })
  const serving = await bus.serve(hypervisorOf(host), inbox(rooms, inTurn, atMost(startsAtOnce), newsOfFacts(driver, chance)))
  const newCause = (why: string) => ({ requestId: `req-${chance.uuid()}`, why })
  const reporting = reportGuests({ ...rooms, host, bus, newCause, everyMs: reportEveryMs })
  const called = await bus.listen(rollCalled, async () => reporting.soon())
  for (const warning of (await driver.facts().catch(() => ({ warnings: [] }))).warnings) log.warn(warning)
  return {
    host,
    close: async () => {
      await called.stop()
      await serving.stop()
      await tidying.stop()
      await reporting.stop()
      await driver.close()
    },
  }
}
