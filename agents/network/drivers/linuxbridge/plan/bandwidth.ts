import type { BandwidthLimit } from '../../../contract/wiring.ts'
import type { TapWish } from '../../../documents/desired/desired.ts'
import type { Observed } from '../observed.ts'
import type { Run } from '../run.ts'
import type { Act } from './act.ts'

interface Qdisc {
  readonly dev: string
  readonly kind: string
  readonly options?: { readonly rate?: number; readonly burst?: number }
}

/** What a guest receives is shaped where it leaves the bridge; what it sends is policed where it comes in. */
export async function bandwidthActs(run: Run, taps: readonly TapWish[], { links }: Observed): Promise<readonly Act[]> {
  const plugged = taps.filter(({ tap }) => links.has(tap))
  if (plugged.length === 0) return []
  const qdiscs: readonly Qdisc[] = JSON.parse((await run('tc', ['-j', 'qdisc', 'show'])) || '[]')
  return plugged.flatMap(wish => {
    const mine = qdiscs.filter(({ dev }) => dev === wish.tap)
    return [...received(wish, mine), ...sent(wish, mine)]
  })
}

const limitOf = ({ bandwidth }: TapWish, direction: BandwidthLimit['direction']) => bandwidth.find(limit => limit.direction === direction)

/** Four fifths of a second at full rate, unless somebody decided. */
const burstOf = ({ maxKbps, maxBurstKbits }: BandwidthLimit) => (maxBurstKbits > 0 ? maxBurstKbits : Math.floor(maxKbps * 0.8))

function received(wish: TapWish, qdiscs: readonly Qdisc[]): readonly Act[] {
  const limit = limitOf(wish, 'ingress')
  const there = qdiscs.find(({ kind }) => kind === 'tbf')
  const act = (line: string): Act => ({ tool: 'tc', line, subject: wish.portId })
  if (!limit) return there ? [act(`qdisc del dev ${wish.tap} root`)] : []
  if (there?.options?.rate === (limit.maxKbps * 1000) / 8) return []
  return [act(`qdisc replace dev ${wish.tap} root tbf rate ${limit.maxKbps}kbit burst ${burstOf(limit)}kbit latency 50ms`)]
}

function sent(wish: TapWish, qdiscs: readonly Qdisc[]): readonly Act[] {
  const limit = limitOf(wish, 'egress')
  const there = qdiscs.find(({ kind }) => kind === 'ingress')
  const act = (line: string): Act => ({ tool: 'tc', line, subject: wish.portId })
  if (!limit) return there ? [act(`qdisc del dev ${wish.tap} ingress`)] : []
  const rule = `protocol all prio 49 basic police rate ${limit.maxKbps}kbit burst ${burstOf(limit)}kbit mtu 65535 drop`
  return [...(there ? [] : [act(`qdisc add dev ${wish.tap} ingress`)]), act(`filter replace dev ${wish.tap} parent ffff: ${rule}`)]
}
