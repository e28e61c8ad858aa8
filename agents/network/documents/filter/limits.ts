import type { BandwidthLimit, PacketRateLimit } from '../../contract/wiring.ts'
import type { TapWish } from '../desired/desired.ts'

/** The largest piece that a guest hands over at once, to be cut by the kernel: less may pass at a time, and none of it would. */
const largestPiece = 65_550

/** Four fifths of a second at full rate, unless somebody decided. */
const burstOr = (decided: number, rate: number): number => (decided > 0 ? decided : Math.floor(rate * 0.8))

/** What may be sent at once, in bytes, before the rate is kept. */
export const burstBytes = ({ maxKbps, maxBurstKbits }: BandwidthLimit): number => burstOr(maxBurstKbits, maxKbps) * 125

/**
 * What guests send too much of is dropped where it comes into the bridge, so are packets too many in either direction, and packets are marked as their
 * policy says. A table of nft's own in the bridge family; '' when no port has a limit. It stands apart from who may speak to whom, since a table that
 * is replaced begins to count anew.
 */
export function limitTable(name: string, taps: readonly TapWish[]): string {
  const chains = taps.flatMap(tap => [
    { hook: 'in' as const, tap: tap.tap, rules: [...sentRules(tap), ...packetRules(tap, 'egress'), ...markRules(tap)] },
    { hook: 'out' as const, tap: tap.tap, rules: packetRules(tap, 'ingress') },
  ])
  const some = chains.filter(({ rules }) => rules.length > 0)
  if (some.length === 0) return ''
  const lines = some.map(({ hook, tap, rules }) => `  chain ${hook}-${tap} {\n${rules.map(rule => `    ${rule}\n`).join('')}  }\n`)
  const dispatch = (hook: 'in' | 'out') => {
    const jumps = some.filter(each => each.hook === hook).map(({ tap }) => `"${tap}" : jump ${hook}-${tap}`)
    return jumps.length === 0 ? '' : `    ${hook === 'in' ? 'iifname' : 'oifname'} vmap { ${jumps.join(', ')} }\n`
  }
  return [
    `add table bridge ${name}\ndelete table bridge ${name}\ntable bridge ${name} {\n`,
    ...lines,
    `  chain PREROUTING {\n    type filter hook prerouting priority -290; policy accept;\n${dispatch('in')}  }\n`,
    `  chain POSTROUTING {\n    type filter hook postrouting priority 290; policy accept;\n${dispatch('out')}  }\n}\n`,
  ].join('')
}

/** The kernel's bucket holds a second at full rate and the burst besides. */
function sentRules({ bandwidth }: TapWish): readonly string[] {
  return policed(bandwidth.find(({ direction }) => direction === 'egress'))
}

/** Drops what is too much, in nft's words; nothing where there is no limit. */
export function policed(limit: BandwidthLimit | undefined): readonly string[] {
  if (!limit || limit.maxKbps === 0) return []
  const rate = limit.maxKbps * 125
  return [`limit rate over ${rate} bytes/second${burstWords(Math.max(burstBytes(limit), largestPiece) - rate, 'bytes')} drop`]
}

function packetRules({ packetRates }: TapWish, direction: PacketRateLimit['direction']): readonly string[] {
  const limit = packetRates.find(each => each.direction === direction)
  if (!limit || limit.maxKpps === 0) return []
  const rate = limit.maxKpps * 1000
  return [`limit rate over ${rate}/second${burstWords(burstOr(limit.maxBurstKpps * 1000, rate), 'packets')} drop`]
}

const burstWords = (burst: number, unit: string) => (burst > 0 ? ` burst ${burst} ${unit}` : '')

const markRules = ({ dscpMark }: TapWish): readonly string[] =>
  dscpMark === undefined ? [] : [`ip dscp set ${dscpMark}`, `ip6 dscp set ${dscpMark}`]
