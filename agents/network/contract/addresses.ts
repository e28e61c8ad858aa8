/** Arithmetic with addresses of both versions, as big numbers. Texts that are no address give `undefined`; nothing here throws. */
export interface Cidr {
  readonly version: 4 | 6
  readonly first: bigint
  readonly prefixLength: number
}

const bitsOf = (version: 4 | 6): number => (version === 4 ? 32 : 128)

export const versionOf = (text: string): 4 | 6 => (text.includes(':') ? 6 : 4)

export function parseAddress(text: string): bigint | undefined {
  return versionOf(text) === 4 ? parseV4(text) : parseV6(text)
}

function parseV4(text: string): bigint | undefined {
  const bytes = text.split('.').map(part => (/^\d{1,3}$/.test(part) ? Number(part) : 256))
  if (bytes.length !== 4 || bytes.some(byte => byte > 255)) return undefined
  return bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n)
}

function parseV6(text: string): bigint | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [head = [], tail = []] = halves.map(half => (half === '' ? [] : half.split(':')))
  const missing = 8 - head.length - tail.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  const groups = [...head, ...Array.from({ length: missing }, () => '0'), ...tail]
  if (groups.some(group => !/^[0-9a-f]{1,4}$/i.test(group))) return undefined
  return groups.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n)
}

/** An address alone is a CIDR of full length. */
export function parseCidr(text: string): Cidr | undefined {
  const [address = '', length] = text.split('/')
  const version = versionOf(address)
  const value = parseAddress(address)
  const prefixLength = length === undefined ? bitsOf(version) : Number(length)
  if (value === undefined || !Number.isInteger(prefixLength) || prefixLength < 0 || prefixLength > bitsOf(version)) return undefined
  const host = BigInt(bitsOf(version) - prefixLength)
  return { version, first: (value >> host) << host, prefixLength }
}

export function contains(cidr: string, address: string): boolean {
  const [outer, inner] = [parseCidr(cidr), parseCidr(address)]
  if (!outer || !inner || outer.version !== inner.version || inner.prefixLength < outer.prefixLength) return false
  const host = BigInt(bitsOf(outer.version) - outer.prefixLength)
  return inner.first >> host === outer.first >> host
}

/** As the kernel prints it: `fe80::f816:3eff:fe00:1`. */
export function textOf(value: bigint, version: 4 | 6): string {
  if (version === 4) return [24n, 16n, 8n, 0n].map(shift => (value >> shift) & 255n).join('.')
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16))
  const zeros = [...groups.join(':').matchAll(/(?:^|:)(0(?::0)+)(?=:|$)/g)].map(match => match[1] ?? '')
  const longest = zeros.sort((a, b) => b.length - a.length)[0]
  if (!longest) return groups.join(':')
  const text = `:${groups.join(':')}:`
  const at = text.indexOf(`:${longest}:`)
  const [head, tail] = [text.slice(1, Math.max(1, at)), text.slice(at + longest.length + 2, -1)]
  return `${head}::${tail}`
}

/** The network of a CIDR with its length, host bits off: `10.0.0.7/24` is `10.0.0.0/24`. */
export function networkOf(text: string): string {
  const cidr = parseCidr(text)
  return cidr ? `${textOf(cidr.first, cidr.version)}/${cidr.prefixLength}` : text
}

/** What a CIDR's network is called alone, and how wide it is in the old spelling. */
export function maskOf(prefixLength: number): string {
  const all = (1n << 32n) - 1n
  return textOf(all ^ ((1n << BigInt(32 - prefixLength)) - 1n), 4)
}

export const sizeOf = (cidr: Cidr): bigint => 1n << BigInt(bitsOf(cidr.version) - cidr.prefixLength)

/** The address a device gives itself on its link, after its MAC address. */
export function linkLocalOf(mac: string): string {
  const bytes = mac.split(':').map(byte => BigInt(`0x${byte}`))
  const [first = 0n, second = 0n, third = 0n, ...rest] = bytes
  const eui = [first ^ 2n, second, third, 0xffn, 0xfen, ...rest].reduce((sum, byte) => sum * 256n + byte, 0n)
  return textOf((0xfe80n << 112n) + eui, 6)
}
