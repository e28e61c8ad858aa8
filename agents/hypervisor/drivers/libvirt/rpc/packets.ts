/**
 * A stream of bytes cut into packets. A packet begins with its own length, these four bytes included; then program, version, procedure,
 * kind, serial and status. Pieces are kept as they come and put together once, when the last one is there.
 */
export const programs = { remote: 0x20008086, keepalive: 0x6b656570 } as const
export const kinds = { call: 0, reply: 1, message: 2, stream: 3 } as const
export const statuses = { ok: 0, error: 1, continue: 2 } as const

export interface Packet {
  readonly program: number
  readonly procedure: number
  readonly kind: number
  readonly serial: number
  readonly status: number
  readonly body: Buffer
}

export const headLength = 28
const maxLength = 32 * 1024 * 1024 + headLength

export function writePacket(packet: Packet): Buffer {
  const bytes = Buffer.allocUnsafe(headLength + packet.body.length)
  bytes.writeUInt32BE(bytes.length, 0)
  bytes.writeUInt32BE(packet.program, 4)
  bytes.writeUInt32BE(1, 8)
  bytes.writeInt32BE(packet.procedure, 12)
  bytes.writeInt32BE(packet.kind, 16)
  bytes.writeUInt32BE(packet.serial, 20)
  bytes.writeInt32BE(packet.status, 24)
  packet.body.copy(bytes, headLength)
  return bytes
}

/** Feed it what arrives; it calls `each` for every whole packet. Throws when the other side does not speak this language. */
export function packetCutter(each: (packet: Packet) => void): (chunk: Buffer) => void {
  let pieces: Buffer[] = []
  let have = 0
  let need = 4

  return chunk => {
    pieces.push(chunk)
    have += chunk.length
    while (have >= need) {
      const bytes = joined(pieces, have)
      const length = bytes.readUInt32BE(0)
      if (length < headLength || length > maxLength) throw new RangeError(`a packet of ${length} bytes`)
      pieces = [bytes]
      need = length
      if (have < length) return
      each(readPacket(bytes.subarray(0, length)))
      pieces = have > length ? [bytes.subarray(length)] : []
      have -= length
      need = 4
    }
  }
}

const joined = (pieces: readonly Buffer[], length: number): Buffer => {
  const [only] = pieces
  return pieces.length === 1 && only ? only : Buffer.concat(pieces, length)
}

const readPacket = (bytes: Buffer): Packet => ({
  program: bytes.readUInt32BE(4),
  procedure: bytes.readInt32BE(12),
  kind: bytes.readInt32BE(16),
  serial: bytes.readUInt32BE(20),
  status: bytes.readInt32BE(24),
  body: bytes.subarray(headLength),
})
