import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/** Hashes and message codes, for what signs requests by them: EC2 and S3 keys, OAuth. */
export const digests = {
  /** Hexadecimal digits. */
  sha256: (text: string): string => createHash('sha256').update(text).digest('hex'),

  hmac: (algorithm: 'sha1' | 'sha256', key: string | Uint8Array, text: string | Uint8Array): Buffer =>
    createHmac(algorithm, key).update(text).digest(),

  /** Takes as long wherever the two differ. */
  isSame(one: string, other: string): boolean {
    const [left, right] = [Buffer.from(one), Buffer.from(other)]
    return left.length === right.length && timingSafeEqual(left, right)
  },
}
