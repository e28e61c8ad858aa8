/**
 * XDR, as libvirt's wire speaks it: everything in units of four bytes, most significant first. The reader believes nothing: every
 * length is checked against libvirt's own limits and against what is there.
 */
const maxString = 4 * 1024 * 1024
const maxArray = 65_536

const paddingOf = (length: number): number => -length & 3

export class XdrWriter {
  readonly #parts: Buffer[] = []
  #length = 0

  u32(value: number): this {
    const part = Buffer.allocUnsafe(4)
    part.writeUInt32BE(value >>> 0)
    return this.#add(part)
  }

  i32(value: number): this {
    const part = Buffer.allocUnsafe(4)
    part.writeInt32BE(value)
    return this.#add(part)
  }

  u64(value: bigint): this {
    const part = Buffer.allocUnsafe(8)
    part.writeBigUInt64BE(value)
    return this.#add(part)
  }

  /** Bytes whose number both sides know. */
  fixed(bytes: Buffer): this {
    this.#add(bytes)
    return paddingOf(bytes.length) ? this.#add(Buffer.alloc(paddingOf(bytes.length))) : this
  }

  text(value: string): this {
    const bytes = Buffer.from(value)
    if (bytes.length > maxString) throw new RangeError(`a text of ${bytes.length} bytes is more than libvirt takes`)
    return this.u32(bytes.length).fixed(bytes)
  }

  optionalText(value: string | undefined): this {
    return value === undefined ? this.u32(0) : this.u32(1).text(value)
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts, this.#length)
  }

  #add(part: Buffer): this {
    this.#parts.push(part)
    this.#length += part.length
    return this
  }
}

export class XdrReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  u32(): number {
    return this.#take(4).readUInt32BE()
  }

  i32(): number {
    return this.#take(4).readInt32BE()
  }

  u64(): bigint {
    return this.#take(8).readBigUInt64BE()
  }

  i64(): bigint {
    return this.#take(8).readBigInt64BE()
  }

  f64(): number {
    return this.#take(8).readDoubleBE()
  }

  fixed(length: number): Buffer {
    const bytes = this.#take(length)
    this.#take(Math.min(paddingOf(length), this.#bytes.length - this.#at))
    return bytes
  }

  text(): string {
    const length = this.u32()
    if (length > maxString) throw new RangeError(`a text of ${length} bytes is more than libvirt sends`)
    return this.fixed(length).toString('utf8')
  }

  optional<T>(read: () => T): T | undefined {
    return this.u32() === 0 ? undefined : read()
  }

  list<T>(read: () => T): T[] {
    const length = this.u32()
    if (length > maxArray) throw new RangeError(`a list of ${length} is more than libvirt sends`)
    const items: T[] = []
    for (let index = 0; index < length; index++) items.push(read())
    return items
  }

  #take(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) throw new RangeError(`the packet ends before its contents do`)
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }
}
