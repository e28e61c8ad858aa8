import { createHmac, timingSafeEqual } from 'node:crypto'

/** One-time passcodes by time (RFC 6238) as Keystone takes them: SHA-1, six digits, a new one every 30 seconds. */
const periodS = 30
const digits = 6

/** The passcode of a base32 secret at a moment (epoch milliseconds); nothing when the secret is no base32. */
export function totpAt(secret: string, atMs: number): string | undefined {
  const key = fromBase32(secret)
  if (!key) return undefined
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.max(0, Math.floor(atMs / 1000 / periodS))))
  const mac = createHmac('sha1', key).update(counter).digest()
  const offset = mac.readUInt8(mac.length - 1) & 0x0f
  return String((mac.readUInt32BE(offset) & 0x7fff_ffff) % 10 ** digits).padStart(digits, '0')
}

/** Whether a passcode is the present one or one of the `previousWindows` before (`[totp] included_previous_windows`). */
export function isTotp(passcode: string, secret: string, nowMs: number, previousWindows: number): boolean {
  const moments = Array.from({ length: previousWindows + 1 }, (_, back) => nowMs - back * periodS * 1000)
  return moments.map(moment => isSame(passcode, totpAt(secret, moment))).includes(true)
}

/** Takes as long wherever the two differ. */
function isSame(shown: string, expected: string | undefined): boolean {
  const [one, other] = [Buffer.from(shown), Buffer.from(expected ?? '')]
  return expected !== undefined && one.length === other.length && timingSafeEqual(one, other)
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** RFC 4648, capitals only, padding optional. */
function fromBase32(text: string): Buffer | undefined {
  const letters = text.replace(/=+$/, '')
  if (!/^[A-Z2-7]+$/.test(letters)) return undefined
  const bits = [...letters].map(letter => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map(byte => Number.parseInt(byte, 2)))
}
