/**
 * MessagePack, only as much as a token's payload needs, and only writing: Python tells 3 from 3.0 and writes a token's end as the
 * latter, which a packer that sees JavaScript's numbers cannot.
 */
export type Packable = boolean | string | Uint8Array | { readonly float: number } | { readonly whole: number } | readonly Packable[]

export function pack(value: Packable): Buffer {
  if (typeof value === 'boolean') return Buffer.of(value ? 0xc3 : 0xc2)
  if (typeof value === 'string') return packText(Buffer.from(value))
  if (value instanceof Uint8Array) return Buffer.concat([head(value.length, [0xc4, 0xc5]), value])
  if ('float' in value) return withBytes(0xcb, 8, bytes => bytes.writeDoubleBE(value.float, 1))
  if ('whole' in value) return packWhole(value.whole)
  const start = value.length < 16 ? Buffer.of(0x90 | value.length) : withBytes(0xdc, 2, bytes => bytes.writeUInt16BE(value.length, 1))
  return Buffer.concat([start, ...value.map(pack)])
}

const packText = (text: Buffer) => Buffer.concat([text.length < 32 ? Buffer.of(0xa0 | text.length) : head(text.length, [0xd9, 0xda]), text])

/** A length in one byte or in two, each after its own sign. */
const head = (length: number, [short, long]: readonly [number, number]) =>
  length < 0x100 ? Buffer.of(short, length) : withBytes(long, 2, bytes => bytes.writeUInt16BE(length, 1))

/** An unsigned whole number in the fewest bytes. */
function packWhole(whole: number): Buffer {
  if (whole < 0x80) return Buffer.of(whole)
  if (whole < 0x100) return Buffer.of(0xcc, whole)
  if (whole < 0x1_0000) return withBytes(0xcd, 2, bytes => bytes.writeUInt16BE(whole, 1))
  if (whole < 0x1_0000_0000) return withBytes(0xce, 4, bytes => bytes.writeUInt32BE(whole, 1))
  return withBytes(0xcf, 8, bytes => bytes.writeBigUInt64BE(BigInt(whole), 1))
}

function withBytes(sign: number, count: number, write: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.alloc(1 + count)
  bytes.writeUInt8(sign)
  write(bytes)
  return bytes
}
