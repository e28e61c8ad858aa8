import {
  bitsOf,
  type Block,
  formatBlock,
  isInside,
  lastOf,
  overlap,
  parseBlock,
  sizeOf,
  type Span,
  spanOf,
  type Version,
  without,
} from '../../addresses/address.ts'
import { refuseConflict, refuseInvalid } from '../../refusals/refusal.ts'
import type { Subnetpool } from '../subnetpool/subnetpool.ts'

export const blocksIn = (texts: readonly string[]): readonly Block[] => texts.flatMap(text => parseBlock(text) ?? [])

/** The family of a pool's prefixes, which is one. */
export function versionOf(prefixes: readonly string[]): Version {
  const versions = new Set(blocksIn(prefixes).map(({ version }) => version))
  const [version] = versions
  if (version === undefined) return refuseInvalid('EmptySubnetPoolPrefixList', 'Empty subnet pool prefix list.')
  if (versions.size > 1) refuseInvalid('PrefixVersionMismatch', 'Cannot mix IPv4 and IPv6 prefixes in a subnet pool.')
  return version
}

/** The fewest blocks that hold the same addresses. */
export function compacted(prefixes: readonly string[]): readonly string[] {
  const blocks = [...blocksIn(prefixes)].sort((a, b) => (a.first === b.first ? a.prefix - b.prefix : a.first < b.first ? -1 : 1))
  const spans: { first: bigint; last: bigint }[] = []
  for (const block of blocks) {
    const top = spans.at(-1)
    const last = lastOf(block)
    if (top && block.first <= top.last + 1n) {
      if (last > top.last) top.last = last
    } else spans.push({ ...spanOf(block) })
  }
  const version = blocks[0]?.version ?? 4
  return spans.flatMap(span => blocksOf(version, span)).map(formatBlock)
}

/** A span as blocks, from its first address on. */
function blocksOf(version: Version, { first, last }: Span): readonly Block[] {
  const blocks: Block[] = []
  for (let at = first; at <= last; ) {
    let prefix = bitsOf(version)
    while (prefix > 0) {
      const size = sizeOf({ version, prefix: prefix - 1 })
      if (at % size !== 0n || at + size - 1n > last) break
      prefix--
    }
    blocks.push({ version, first: at, prefix })
    at += sizeOf({ version, prefix })
  }
  return blocks
}

/** What is left of a pool, the smallest blocks first. */
function leftOf(pool: Subnetpool, taken: readonly Block[]): readonly Block[] {
  const spans = taken.reduce((left, block) => without(left, spanOf(block)), blocksIn(pool.prefixes).map(spanOf) as readonly Span[])
  return spans.flatMap(span => blocksOf(pool.ipVersion, span)).sort((a, b) => b.prefix - a.prefix || (a.first < b.first ? -1 : 1))
}

/** Any block of this length that is left in the pool. */
export function anyBlock(pool: Subnetpool, taken: readonly Block[], prefix: number): string {
  const room = leftOf(pool, taken).find(block => block.prefix <= prefix)
  if (!room) return refuseShort(`Insufficient prefix space to allocate subnet size /${prefix}`)
  return formatBlock({ ...room, prefix })
}

export function thisBlock(pool: Subnetpool, taken: readonly Block[], cidr: string): string {
  const block = parseBlock(cidr)
  if (block && leftOf(pool, taken).some(room => isInside(block, room))) return cidr
  return refuseShort('Cannot allocate requested subnet from the available set of prefixes')
}

const refuseShort = (reason: string): never => refuseConflict('SubnetAllocationError', `Failed to allocate subnet: ${reason}.`)

export const doOverlap = (a: readonly string[], b: readonly string[]): boolean =>
  blocksIn(a).some(one => blocksIn(b).some(other => overlap(one, other)))

/** In what a project's share is counted: addresses, or /64s. */
export const unitsIn = (block: Block): number => {
  const unit = block.version === 4 ? 32 : 64
  return 2 ** (unit - block.prefix)
}

export interface Bounds {
  readonly minPrefixlen: number
  readonly maxPrefixlen: number
  readonly defaultPrefixlen: number
}

export function checkBounds({ minPrefixlen: min, maxPrefixlen: max, defaultPrefixlen: usual }: Bounds, version: Version): void {
  const refuse = (type: string, length: number, base: string, baseLength: number) =>
    refuseInvalid('IllegalSubnetPoolPrefixBounds', `Illegal prefix bounds: ${type}=${length}, ${base}=${baseLength}.`)
  if (min < 0) refuseInvalid('UnsupportedMinSubnetPoolPrefix', `Prefix '${min}' not supported in IPv${version} pool.`)
  if (min > max) refuse('min_prefixlen', min, 'max_prefixlen', max)
  const most = bitsOf(version)
  if (max > most) refuse('max_prefixlen', max, 'max_allowed', most)
  if (usual < min) refuse('default_prefixlen', usual, 'min_prefixlen', min)
  if (usual > max) refuse('default_prefixlen', usual, 'max_prefixlen', max)
}
