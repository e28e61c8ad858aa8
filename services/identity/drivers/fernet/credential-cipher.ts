import { createHash } from 'node:crypto'
import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { type FernetKey, openFernet, parseFernetKey, sealFernet } from './fernet.ts'
import { keyRing } from './key-repository.ts'

/**
 * Credentials at rest (EC2 secrets, TOTP seeds), sealed as Keystone seals them: a Fernet text, and beside it the SHA-1 of the primary
 * key's text, by which a rotation sees what is still sealed with an older key.
 */
export interface CredentialCipher {
  seal(plain: string): { readonly sealed: string; readonly keyHash: string }
  /** Nothing when no key opens it. */
  open(sealed: string): string | undefined
  /** Whether the key that seals now sealed it. */
  isCurrent(sealed: string): boolean
  /** The hash that what is sealed now gets; rows with another one want sealing again before the next rotation. */
  keyHash(): string
  /** Whether there is no key of our own, so that sealing hides nothing. */
  isUnprotected(): boolean
}

/** Seals single texts with the same keys. What none of them opens was written before they were, and is as it is. */
export const sealedTexts = (cipher: CredentialCipher) => ({
  seal: (plain: string) => cipher.seal(plain).sealed,
  open: (sealed: string) => cipher.open(sealed) ?? sealed,
  isCurrent: cipher.isCurrent,
})

export interface CipherParts {
  readonly folder: string
  readonly clock: Pick<Clock, 'now' | 'monotonic'>
  readonly chance: Pick<Chance, 'bytes'>
}

/** Rotations keep three keys, whatever is configured: a fourth would only open what nobody re-sealed. */
export const credentialKeys = 3

/** What Keystone seals with before keys are set up; it opens always. */
const nullKey = parseFernetKey(`${'A'.repeat(43)}=`)

export function credentialCipher({ folder, clock, chance }: CipherParts): CredentialCipher {
  const ring = keyRing(folder, clock, () => [])
  const primary = () => ring()[0] ?? nullKey
  return {
    seal: plain => {
      const key = primary()
      const sealed = sealFernet(key, Buffer.from(plain), Math.floor(clock.now() / 1000), chance.bytes(16))
      return { sealed: padded(sealed), keyHash: hashOf(key) }
    },
    open: sealed => openFernet([...ring(), nullKey], sealed)?.data.toString('utf8'),
    isCurrent: sealed => openFernet([primary()], sealed) !== undefined,
    keyHash: () => hashOf(primary()),
    isUnprotected: () => primary() === nullKey,
  }
}

const hashOf = (key: FernetKey) => createHash('sha1').update(key.text).digest('hex')

/** Tokens go without padding, credentials with it: Keystone hands the column to Python as it is. */
const padded = (text: string) => text.padEnd(Math.ceil(text.length / 4) * 4, '=')
