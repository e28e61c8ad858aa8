import { pbkdf2, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

const derive = promisify(pbkdf2)
const keyBytes = 64

/** `$pbkdf2-sha512$25000$salt$key` in passlib's base64: '.' for '+', no padding. */
export async function hashPbkdf2(password: Buffer, rounds: number, salt: Buffer): Promise<string> {
  return `$pbkdf2-sha512$${rounds}$${encode(salt)}$${encode(await derive(password, salt, rounds, keyBytes, 'sha512'))}`
}

export async function verifyPbkdf2(password: Buffer, hashed: string): Promise<boolean> {
  const [, rounds, salt = '', key = ''] = hashed.match(/^\$pbkdf2-sha512\$(\d+)\$([\w./]*)\$([\w./]+)$/) ?? []
  const expected = decode(key)
  if (expected.length === 0) return false
  return timingSafeEqual(await derive(password, decode(salt), Number(rounds), expected.length, 'sha512'), expected)
}

const encode = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '').replaceAll('+', '.')
const decode = (text: string) => Buffer.from(text.replaceAll('.', '+'), 'base64')
