import { join } from 'node:path'
import type { Clock } from '@kilonova/platform/clock.ts'
import type { Log } from '@kilonova/platform/log/log.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Domain, Domains } from './domains.ts'
import type { Paths } from './paths.ts'

export interface RestParts {
  readonly domains: Domains
  readonly paths: Paths
  readonly clock: Clock
  readonly log: Log
}

/** As long as libvirt is given for the longest that it is asked: a guest's memory written to disk. */
const longestMs = 600_000
const lookEveryMs = 50

/**
 * libvirt carries on what it was asked by an agent that was killed meanwhile: a start, a suspension, a copy of a disk. Until that is over a guest
 * seems to be what it is not (one that starts is paused), and refuses what is asked of it. A copy that nobody waits for any more is broken off.
 */
export function resting({ domains, paths, clock, log }: RestParts): (uuid: string) => Promise<void> {
  const isForgottenCopy = async (domain: Domain): Promise<boolean> =>
    (await domains.backupXml(domain))?.includes(join(paths.snapshots, domain.uuid)) === true

  return async uuid => {
    const domain = await domains.find(uuid)
    if (!domain || !(await domains.isBusy(domain))) return
    const deadline = clock.monotonic() + longestMs
    log.info('waits for what was begun on a guest before', { instance_id: uuid })
    while (await domains.isBusy(domain)) {
      if (clock.monotonic() > deadline) throw new Refusal('unavailable', `Something is still under way on instance ${uuid}.`)
      if (await isForgottenCopy(domain)) await domains.abortJob(domain)
      await clock.sleep(lookEveryMs)
    }
  }
}
