import { createCipheriv, createDecipheriv, createHash, hkdfSync } from 'node:crypto'
import type { Chance } from '@kilonova/platform/chance.ts'

export interface Sealer {
  seal(text: string): string
  open(sealed: string): string
}

/**
 * Seals what must not be read in a database: AES-256-GCM with a key drawn from the cloud's secret, so that every conductor opens what
 * any API process sealed. Without a secret the key is of this process alone.
 */
export function sealer(secret: string | undefined, chance: Pick<Chance, 'bytes'>): Sealer {
  const key = Buffer.from(hkdfSync('sha256', secret ?? chance.bytes(32), '', 'passwords in the journal of tasks', 32))
  return {
    seal(text) {
      // Drawn from the text as well: a source of chance that repeats itself must not make one nonce serve two texts.
      const nonce = createHash('sha256').update(chance.bytes(32)).update(text).digest().subarray(0, 12)
      const cipher = createCipheriv('aes-256-gcm', key, nonce)
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64')
    },
    open(sealed) {
      const bytes = Buffer.from(sealed, 'base64')
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12))
      decipher.setAuthTag(bytes.subarray(12, 28))
      return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8')
    },
  }
}

const secrets = ['adminPass', 'password'] as const

/** A task's input with its passwords sealed; all else as it is. */
export function sealedInput<I extends object>(input: I, { seal }: Pick<Sealer, 'seal'>): I {
  const found = secrets.flatMap(name => {
    const value: unknown = Reflect.get(input, name)
    return typeof value === 'string' ? [[name, seal(value)] as const] : []
  })
  return found.length === 0 ? input : { ...input, ...Object.fromEntries(found) }
}
