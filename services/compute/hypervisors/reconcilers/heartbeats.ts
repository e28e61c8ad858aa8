import type { HostFacts } from '@kilonova/hypervisor/contract/host.ts'
import type { Cause } from '@kilonova/platform/cause.ts'
import { causeFields, type Log } from '@kilonova/platform/log/log.ts'
import type { SignOfLife } from '../../services/service.ts'

export interface Rooms {
  readonly hypervisors: { facts(host: string, cause: Cause): Promise<HostFacts> }
  readonly seen: (signs: readonly SignOfLife[], cause: Cause) => Promise<void>
  /** Hosts of which another conductor has just heard: they need not be asked again. */
  readonly heardOf?: (() => Promise<ReadonlySet<string>>) | undefined
  readonly hosts: readonly string[]
  /** This process's own. */
  readonly host: string
  /** Which daemons this process is; conductor and scheduler unless told. */
  readonly daemons?: readonly string[] | undefined
  readonly log: Log
}

const usualDaemons = ['nova-conductor', 'nova-scheduler']

/** Notes that the daemons of this process live. */
export const noteOwn = ({ seen, host, daemons = usualDaemons }: Pick<Rooms, 'seen' | 'host' | 'daemons'>, cause: Cause): Promise<void> =>
  seen(
    daemons.map(binary => ({ host, binary, facts: null })),
    cause,
  )

/** Hosts whose signs of life are written down together: a transaction for each would keep the database busy, one for all would hold it long. */
const writtenAtOnce = 100

/**
 * Notes that this process lives, and which hosts answer; one that does not is not noted, and counts as down after a while. All are asked at once:
 * hosts that hang must not make those behind them look dead.
 */
export async function noteTheLiving(rooms: Rooms, cause: Cause): Promise<void> {
  const { hypervisors, seen, heardOf, hosts, log } = rooms
  await noteOwn(rooms, cause)
  const heard = await heardOf?.()
  const asked = hosts.filter(one => !heard?.has(one))
  const answers = await Promise.all(
    asked.map(async one => {
      try {
        return [{ host: one, binary: 'nova-compute', facts: await hypervisors.facts(one, cause) }]
      } catch (error) {
        log.warn('a host does not answer', { ...causeFields(cause), host: one, error })
        return []
      }
    }),
  )
  const signs = answers.flat()
  for (let at = 0; at < signs.length; at += writtenAtOnce) await seen(signs.slice(at, at + writtenAtOnce), cause)
}
