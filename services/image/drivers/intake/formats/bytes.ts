/** Reads numbers and text out of bytes that anybody may have sent: what lies outside of them reads as nothing. */
export interface Window {
  readonly length: number
  uint32(at: number): number | undefined
  uint32le(at: number): number | undefined
  uint16le(at: number): number | undefined
  /** 64 bits as a number; huge ones lose their last digits, which nobody needs. */
  uint64(at: number): number | undefined
  uint64le(at: number): number | undefined
  byte(at: number): number | undefined
  /** At most `length` characters, fewer at the end. */
  latin1(at: number, length: number): string
  startsWith(text: string, at?: number): boolean
}

export function windowOn(bytes: Uint8Array): Window {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const fits = (at: number, length: number) => Number.isSafeInteger(at) && at >= 0 && at + length <= bytes.length
  const latin1 = (at: number, length: number) => {
    if (!Number.isSafeInteger(at) || at < 0 || at >= bytes.length) return ''
    return Buffer.from(bytes.buffer, bytes.byteOffset + at, Math.max(0, Math.min(length, bytes.length - at))).toString('latin1')
  }
  return {
    length: bytes.length,
    uint32: at => (fits(at, 4) ? view.getUint32(at) : undefined),
    uint32le: at => (fits(at, 4) ? view.getUint32(at, true) : undefined),
    uint16le: at => (fits(at, 2) ? view.getUint16(at, true) : undefined),
    uint64: at => (fits(at, 8) ? Number(view.getBigUint64(at)) : undefined),
    uint64le: at => (fits(at, 8) ? Number(view.getBigUint64(at, true)) : undefined),
    byte: at => (fits(at, 1) ? view.getUint8(at) : undefined),
    latin1,
    startsWith: (text, at = 0) => latin1(at, text.length) === text,
  }
}
