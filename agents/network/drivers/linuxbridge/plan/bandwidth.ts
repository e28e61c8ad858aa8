import type { TapWish } from '../../../documents/desired/desired.ts'
import { burstBytes } from '../../../documents/filter/limits.ts'
import type { Observed } from '../observed.ts'
import type { Run } from '../run.ts'
import type { Act } from './act.ts'

interface Qdisc {
  readonly dev: string
  readonly kind: string
  readonly options?: { readonly rate?: number; readonly burst?: number }
}

/** What a guest receives waits where it leaves the bridge; what it sends is limited in the packet filter. */
export async function bandwidthActs(run: Run, taps: readonly TapWish[], { links }: Observed): Promise<readonly Act[]> {
  const plugged = taps.filter(({ tap }) => links.has(tap))
  if (plugged.length === 0) return []
  const qdiscs: readonly Qdisc[] = JSON.parse((await run('tc', ['-j', 'qdisc', 'show'])) || '[]')
  const shaped = new Map(qdiscs.filter(({ kind }) => kind === 'tbf').map(({ dev, options }) => [dev, options ?? {}]))
  return plugged.flatMap(wish => received(wish, shaped.get(wish.tap)))
}

export const isShaped = (taps: readonly TapWish[]): boolean =>
  taps.some(({ bandwidth }) => bandwidth.some(({ direction }) => direction === 'ingress'))

/** The kernel gives out tokens at its ticks: less than one tick's worth, or than a packet, would slow everything down or stop it. */
const ticksPerSecond = 250

function received({ portId, tap, mtu, bandwidth }: TapWish, there: Qdisc['options']): readonly Act[] {
  const limit = bandwidth.find(({ direction }) => direction === 'ingress')
  const act = (line: string): Act => ({ tool: 'tc', line, subject: portId })
  if (!limit || limit.maxKbps === 0) return there ? [act(`qdisc del dev ${tap} root`)] : []
  const rate = limit.maxKbps * 125
  const burst = Math.ceil(Math.max(burstBytes(limit), 2 * mtu, rate / ticksPerSecond))
  if (there?.rate === rate && isNear(there.burst, burst)) return []
  return [act(`qdisc replace dev ${tap} root tbf rate ${limit.maxKbps}kbit burst ${burst}b latency 50ms`)]
}

/** The kernel keeps it as a time, and tells it back a little smaller. */
const isNear = (there: number | undefined, burst: number) => there !== undefined && Math.abs(there - burst) <= burst / 50
