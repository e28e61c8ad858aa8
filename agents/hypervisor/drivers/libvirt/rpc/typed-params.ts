import type { XdrReader } from './xdr.ts'

/** What libvirt counts, by its own names: `state.state`, `net.0.rx.bytes`, ... */
export type TypedParams = ReadonlyMap<string, number | string>

export const readTypedParams = (reader: XdrReader): TypedParams => new Map(reader.list(() => readTyped(reader)))

/** Counters beyond 2^53 lose their last digits, which nobody reads. */
function readTyped(reader: XdrReader): [string, number | string] {
  const field = reader.text()
  const type = reader.u32()
  const read = typed[type]
  if (!read) throw new RangeError(`libvirt sends ${field} as an unknown type ${type}`)
  return [field, read(reader)]
}

const typed: Readonly<Record<number, (reader: XdrReader) => number | string>> = {
  1: reader => reader.i32(),
  2: reader => reader.u32(),
  3: reader => Number(reader.i64()),
  4: reader => Number(reader.u64()),
  5: reader => reader.f64(),
  6: reader => reader.i32(),
  7: reader => reader.text(),
}

export const numberIn = (params: TypedParams, field: string): number | undefined => {
  const value = params.get(field)
  return typeof value === 'number' ? value : undefined
}
