/**
 * Internet addresses of both families as numbers. Texts come in many spellings; what is stored and compared is always the canonical one.
 */
export type Version = 4 | 6

export interface Address {
  readonly version: Version
  readonly value: bigint
}

/** A block of addresses; `first` has no bits set behind the prefix. */
export interface Block {
  readonly version: Version
  readonly first: bigint
  readonly prefix: number
}

/** Addresses from the first to the last, both of them in it. */
export interface Span {
  readonly first: bigint
  readonly last: bigint
}

export const bitsOf = (version: Version): number => (version === 4 ? 32 : 128)

export function parseAddress(text: string): Address | undefined {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) {
    const parts = text.split('.').map(Number)
    if (parts.some((part, i) => part > 255 || String(part) !== text.split('.')[i])) return undefined
    return { version: 4, value: parts.reduce((value, part) => value * 256n + BigInt(part), 0n) }
  }
  const value = parseSix(text)
  return value === undefined ? undefined : { version: 6, value }
}

function parseSix(text: string): bigint | undefined {
  if (!text.includes(':') || !/^[0-9a-fA-F:.]+$/.test(text)) return undefined
  const tail = /^(.*:)(\d{1,3}(?:\.\d{1,3}){3})$/.exec(text)
  const four = tail ? parseAddress(tail[2] ?? '') : undefined
  if (tail && four === undefined) return undefined
  const plain = tail && four ? `${tail[1]}${(four.value >> 16n).toString(16)}:${(four.value & 0xffffn).toString(16)}` : text
  const halves = plain.split('::')
  if (halves.length > 2) return undefined
  const groups = halves.map(half => (half === '' ? [] : half.split(':')))
  const count = groups.reduce((sum, half) => sum + half.length, 0)
  if (halves.length === 2 ? count > 7 : count !== 8) return undefined
  const [left = [], right = []] = groups
  const whole = halves.length === 2 ? [...left, ...Array.from({ length: 8 - count }, () => '0'), ...right] : left
  if (whole.some(group => !/^[0-9a-fA-F]{1,4}$/.test(group))) return undefined
  return whole.reduce((value, group) => value * 65_536n + BigInt(`0x${group}`), 0n)
}

/** The canonical text: dotted quads, or RFC 5952. */
export function formatAddress({ version, value }: Address): string {
  if (version === 4) return [24n, 16n, 8n, 0n].map(shift => (value >> shift) & 255n).join('.')
  const groups = Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16))
  const run = longestRunOfZeros(groups)
  if (run.length < 2) return groups.join(':')
  return `${groups.slice(0, run.start).join(':')}::${groups.slice(run.start + run.length).join(':')}`
}

function longestRunOfZeros(groups: readonly string[]): { start: number; length: number } {
  let best = { start: 0, length: 0 }
  let start = 0
  groups.forEach((group, i) => {
    if (group !== '0') start = i + 1
    else if (i + 1 - start > best.length) best = { start, length: i + 1 - start }
  })
  return best
}

const mask = (version: Version, prefix: number): bigint => {
  const bits = BigInt(bitsOf(version))
  return ((1n << bits) - 1n) ^ ((1n << (bits - BigInt(prefix))) - 1n)
}

/** `10.0.0.5/24` is the block 10.0.0.0/24; an address alone is a block of one. */
export function parseBlock(text: string): Block | undefined {
  const [host = '', length, ...more] = text.split('/')
  const address = parseAddress(host)
  if (!address || more.length > 0) return undefined
  const bits = bitsOf(address.version)
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return undefined
  const prefix = length === undefined ? bits : Number(length)
  if (prefix > bits) return undefined
  return { version: address.version, first: address.value & mask(address.version, prefix), prefix }
}

export const formatBlock = ({ version, first, prefix }: Block): string => `${formatAddress({ version, value: first })}/${prefix}`

export const lastOf = ({ version, first, prefix }: Block): bigint => first + (1n << BigInt(bitsOf(version) - prefix)) - 1n
export const spanOf = (block: Block): Span => ({ first: block.first, last: lastOf(block) })
export const sizeOf = ({ version, prefix }: Pick<Block, 'version' | 'prefix'>): bigint => 1n << BigInt(bitsOf(version) - prefix)

export const holds = (block: Block, { version, value }: Address): boolean =>
  version === block.version && value >= block.first && value <= lastOf(block)

export const overlap = (a: Block, b: Block): boolean => a.version === b.version && a.first <= lastOf(b) && b.first <= lastOf(a)
export const isInside = (inner: Block, outer: Block): boolean =>
  inner.version === outer.version && inner.prefix >= outer.prefix && inner.first >= outer.first && lastOf(inner) <= lastOf(outer)

/** 32 hexadecimal digits: texts that sort as the numbers do, whatever the family. */
export const sortable = (value: bigint): string => value.toString(16).padStart(32, '0')
export const fromSortable = (text: string): bigint => BigInt(`0x${text}`)

/** The address a host with this MAC gives itself in a /64 (RFC 4291, modified EUI-64). */
export function addressByMac({ first }: Block, mac: string): bigint {
  const octets = mac.split(/[:-]/).map(octet => Number.parseInt(octet, 16))
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = octets
  const id = [a ^ 2, b, c, 0xff, 0xfe, d, e, f].reduce((value, octet) => value * 256n + BigInt(octet), 0n)
  return first + id
}

const macPattern = /^[0-9a-f]{2}([:-])[0-9a-f]{2}(\1[0-9a-f]{2}){4}$/i

/** Six octets with colons or dashes between, as `aa:bb:cc:dd:ee:ff`; nothing for what is none. */
export const canonicalMac = (text: string): string | undefined =>
  macPattern.test(text)
    ? text.toLowerCase().replaceAll('-', ':')
    : /^[0-9a-f]{12}$/i.test(text)
      ? (text.toLowerCase().match(/../g) ?? []).join(':')
      : undefined

/** What is left of these spans when one is cut out. */
export const without = (spans: readonly Span[], hole: Span): readonly Span[] =>
  spans.flatMap(span =>
    hole.last < span.first || hole.first > span.last
      ? [span]
      : [
          ...(span.first < hole.first ? [{ first: span.first, last: hole.first - 1n }] : []),
          ...(span.last > hole.last ? [{ first: hole.last + 1n, last: span.last }] : []),
        ],
  )
