import { availableParallelism } from 'node:os'
import type { Chance } from '@kilonova/platform/chance.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { hashBcrypt, verifyBcrypt } from './bcrypt.ts'
import { hashPbkdf2, verifyPbkdf2 } from './pbkdf2.ts'
import { queue } from './queue.ts'
import { hashScrypt, verifyScrypt } from './scrypt.ts'
import { verifyArgon2 } from './argon2.ts'

/**
 * Passwords as Keystone keeps them, so that a Keystone database works as it is: made by one configured algorithm, checked by whichever
 * made them. The work runs off the event loop, a few at a time: a crowd that logs in waits in line and nobody else does.
 */
export interface Passwords {
  hash(password: string): Promise<string>
  /** Checks against nothing, too, for as long as a real check takes, so that the time does not tell which users exist. */
  verify(password: string, hashed: string | undefined): Promise<boolean>
}

export interface PasswordParts {
  readonly algorithm: 'bcrypt' | 'scrypt' | 'pbkdf2_sha512'
  /** bcrypt: cost, 12; scrypt: log2 of the cost, 16; pbkdf2_sha512: iterations, 25000. */
  readonly rounds?: number | undefined
  readonly scryptBlockSize?: number | undefined
  readonly scryptParallelism?: number | undefined
  readonly saltBytes?: number | undefined
  /** In bytes of UTF-8; bcrypt itself reads no more than 72. */
  readonly maxLength: number
  /** Refuse longer passwords, where Keystone otherwise cuts them. */
  readonly strict: boolean
  readonly chance: Pick<Chance, 'bytes'>
  /** How many are worked on at a time, and how many may wait. */
  readonly atOnce?: number | undefined
  readonly waiting?: number | undefined
}

const bcryptBytes = 72

export function passwords(parts: PasswordParts): Passwords {
  const inTurn = queue(parts.atOnce ?? availableParallelism(), parts.waiting ?? 1000)
  const hash = (password: Buffer) => inTurn(() => make(parts, password))
  let decoy: Promise<string> | undefined
  return {
    hash: password => hash(fit(password, lengthFor(parts, parts.algorithm === 'bcrypt'), parts.strict)),
    verify: async (password, hashed) => {
      decoy ??= hashed === undefined ? hash(parts.chance.bytes(16)) : undefined
      const against = hashed ?? (await decoy) ?? ''
      const isSame = await inTurn(() => check(fit(password, lengthFor(parts, against.startsWith('$2')), parts.strict), against))
      return isSame && hashed !== undefined
    },
  }
}

const lengthFor = ({ maxLength }: PasswordParts, isBcrypt: boolean) => (isBcrypt ? Math.min(maxLength, bcryptBytes) : maxLength)

function fit(password: string, maxLength: number, strict: boolean): Buffer {
  const bytes = Buffer.from(password)
  if (bytes.length > maxLength && strict)
    throw new Refusal(
      'forbidden',
      `The password length must be less than or equal to ${maxLength}. The server could not comply with the request because the password is invalid.`,
    )
  return bytes.subarray(0, maxLength)
}

function make(
  { algorithm, rounds, chance, saltBytes = 16, scryptBlockSize = 8, scryptParallelism = 1 }: PasswordParts,
  password: Buffer,
): Promise<string> {
  switch (algorithm) {
    case 'bcrypt':
      return hashBcrypt(password, rounds ?? 12, chance.bytes(16))
    case 'scrypt':
      return hashScrypt(password, { ln: rounds ?? 16, r: scryptBlockSize, p: scryptParallelism, salt: chance.bytes(saltBytes) })
    case 'pbkdf2_sha512':
      return hashPbkdf2(password, rounds ?? 25_000, chance.bytes(saltBytes))
  }
}

function check(password: Buffer, hashed: string): Promise<boolean> {
  if (/^\$2[abxy]\$/.test(hashed)) return verifyBcrypt(password, hashed)
  if (hashed.startsWith('$scrypt$')) return verifyScrypt(password, hashed)
  if (hashed.startsWith('$pbkdf2-sha512$')) return verifyPbkdf2(password, hashed)
  if (hashed.startsWith('$argon2')) return verifyArgon2(password, hashed)
  throw new Error(`no password algorithm is called ${hashed.match(/^\$[\w-]*\$/)?.[0] ?? 'so'}`)
}
