import { createCipheriv, createDecipheriv, createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'

/**
 * Fernet, as Python's cryptography has it: 0x80, the seconds since 1970 as 64 bits, an IV, AES-128-CBC, then HMAC-SHA256 over all of it;
 * written in base64url. Keystone's tokens and its credentials at rest are both this.
 */
export interface FernetKey {
  /** As it stands in the key file. */
  readonly text: string
  // NOTE: key objects, not bytes: Node 24 turns bytes into a key anew at each use, which costs four times what the work does.
  readonly sign: KeyObject
  readonly encrypt: KeyObject
}

export interface Opened {
  /** When it was sealed, in whole seconds since 1970. */
  readonly atS: number
  readonly data: Buffer
}

const versionByte = 0x80
const headBytes = 9
const ivBytes = 16
const macBytes = 32

/** 32 bytes of base64url, signing half first. Throws when it is anything else, without repeating it. */
export function parseFernetKey(text: string): FernetKey {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.length !== 32) throw new Error(`a Fernet key is 32 bytes of base64url, not ${bytes.length}`)
  return { text, sign: createSecretKey(bytes.subarray(0, 16)), encrypt: createSecretKey(bytes.subarray(16)) }
}

/** `iv` is 16 unpredictable bytes. Written without padding, as Keystone writes its tokens. */
export function sealFernet(key: FernetKey, data: Uint8Array, atS: number, iv: Uint8Array): string {
  const head = Buffer.alloc(headBytes)
  head.writeUInt8(versionByte)
  head.writeBigUInt64BE(BigInt(atS), 1)
  const cipher = createCipheriv('aes-128-cbc', key.encrypt, iv)
  const body = Buffer.concat([head, iv, cipher.update(data), cipher.final()])
  return Buffer.concat([body, macOf(key, body)]).toString('base64url')
}

/** What the first key that signed it opens; nothing when none did, or when the text is no Fernet token at all. */
export function openFernet(keys: readonly FernetKey[], text: string): Opened | undefined {
  if (!/^[\w-]+={0,2}$/.test(text)) return undefined
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.length < headBytes + ivBytes + 16 + macBytes || bytes[0] !== versionByte) return undefined
  const [body, mac] = [bytes.subarray(0, -macBytes), bytes.subarray(-macBytes)]
  const key = keys.find(one => timingSafeEqual(macOf(one, body), mac))
  if (!key) return undefined
  const decipher = createDecipheriv('aes-128-cbc', key.encrypt, body.subarray(headBytes, headBytes + ivBytes))
  const data = Buffer.concat([decipher.update(body.subarray(headBytes + ivBytes)), decipher.final()])
  return { atS: Number(body.readBigUInt64BE(1)), data }
}

const macOf = (key: FernetKey, body: Uint8Array) => createHmac('sha256', key.sign).update(body).digest()
