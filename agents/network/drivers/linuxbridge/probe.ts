import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { ProbeAnswer, ProbeWish } from '../../contract/observation.ts'
import { dhcpNamespaceOf, routerNamespaceOf } from '../../contract/names.ts'
import { parseAddress } from '../../contract/addresses.ts'
import { namespaceNames } from './look.ts'
import { type Run, RunFailed } from './run.ts'

/** One echo from a namespace of ours. A host has ping of one kind or another. */
export async function probeFrom(run: Run, clock: Clock, { from, to, deadlineMs }: ProbeWish): Promise<ProbeAnswer> {
  const namespace = 'networkId' in from ? dhcpNamespaceOf(from.networkId) : routerNamespaceOf(from.routerId)
  if (parseAddress(to) === undefined) throw new Refusal('invalid', `${to} is no address.`)
  if (!(await namespaceNames(run)).includes(namespace)) throw new Refusal('not-found', `There is no namespace ${namespace} on this host.`)
  const args = ['-c', '1', '-W', `${Math.max(1, Math.ceil(deadlineMs / 1000))}`, to]
  const begun = clock.monotonic()
  for (const [program, words] of [
    ['ping', args],
    ['busybox', ['ping', ...args]],
  ] as const) {
    try {
      await run(program, words, { namespace, deadlineMs: deadlineMs + 1_000 })
      return { answered: true, tookMs: Math.round(clock.monotonic() - begun) }
    } catch (error) {
      const isMissing = error instanceof RunFailed && (error.exitCode === 127 || /No such file|ENOENT/.test(error.message))
      if (!isMissing) return { answered: false }
    }
  }
  throw new Refusal('unavailable', 'This host has no ping.')
}
