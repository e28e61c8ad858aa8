import { createHash } from 'node:crypto'

/** A version 5 UUID: the same for the same name in the same space, always. */
export function nameId(space: string, name: string): string {
  const bytes = Buffer.from(space.replaceAll('-', ''), 'hex')
  const digest = createHash('sha1').update(bytes).update(name).digest().subarray(0, 16)
  digest.writeUInt8((digest.readUInt8(6) & 0x0f) | 0x50, 6)
  digest.writeUInt8((digest.readUInt8(8) & 0x3f) | 0x80, 8)
  return digest.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
