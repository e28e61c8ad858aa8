import { scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

const derive = promisify<Buffer, Buffer, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(scrypt)

export interface ScryptSettings {
  /** log2 of the cost. */
  readonly ln: number
  readonly r: number
  readonly p: number
  readonly salt: Buffer
}

const keyBytes = 32

/** `$scrypt$ln=16,r=8,p=1$salt$key` in base64 without padding, as passlib writes it. */
export async function hashScrypt(password: Buffer, settings: ScryptSettings): Promise<string> {
  const { ln, r, p, salt } = settings
  return `$scrypt$ln=${ln},r=${r},p=${p}$${encode(salt)}$${encode(await keyOf(password, settings, keyBytes))}`
}

export async function verifyScrypt(password: Buffer, hashed: string): Promise<boolean> {
  const [, ln, r, p, salt = '', key = ''] = hashed.match(/^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([\w+/]*)\$([\w+/]+)$/) ?? []
  const expected = Buffer.from(key, 'base64')
  if (expected.length === 0) return false
  const found = await keyOf(password, { ln: Number(ln), r: Number(r), p: Number(p), salt: Buffer.from(salt, 'base64') }, expected.length)
  return timingSafeEqual(found, expected)
}

/** Node allows 32 MiB unless told; the algorithm takes 128 · N · r bytes and a little. */
const keyOf = (password: Buffer, { ln, r, p, salt }: ScryptSettings, bytes: number) =>
  derive(password, salt, bytes, { N: 2 ** ln, r, p, maxmem: 128 * r * (2 ** ln + p + 2) + (1 << 20) })

const encode = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
