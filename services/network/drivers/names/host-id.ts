import { createHash } from 'node:crypto'

const dnsSpace = Buffer.from('6ba7b8109dad11d180b400c04fd430c8', 'hex')

/** A version 5 UUID in the space of DNS names. */
export function hostId(host: string): string {
  const digest = createHash('sha1').update(dnsSpace).update(host).digest().subarray(0, 16)
  digest.writeUInt8((digest.readUInt8(6) & 0x0f) | 0x50, 6)
  digest.writeUInt8((digest.readUInt8(8) & 0x3f) | 0x80, 8)
  return digest.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
