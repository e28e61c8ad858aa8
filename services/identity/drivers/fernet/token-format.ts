import type { Chance } from '@kilonova/platform/chance.ts'
import type { Payload, TokenFormat } from '../../tokens/token.ts'
import { openFernet, sealFernet } from './fernet.ts'
import type { KeyRing } from './key-repository.ts'
import { methodBits } from './methods.ts'
import { packPayload, type SealedPayload, unpackPayload } from './payload.ts'

export interface FernetParts {
  readonly keys: KeyRing
  readonly chance: Pick<Chance, 'bytes'>
  /** `[auth] methods`, in its order. */
  readonly methods: readonly string[]
}

/** Fernet tokens that Keystone 22 opens, and those it made. The moment of issue is Fernet's own, in whole seconds. */
export function fernetTokens({ keys, chance, methods }: FernetParts): TokenFormat {
  const bits = methodBits(methods)
  return {
    seal: payload => {
      const [primary] = keys()
      if (!primary) throw new Error('a key ring is never empty')
      return sealFernet(primary, packPayload(payload, bits), Math.floor(payload.issuedAt / 1000), chance.bytes(16))
    },
    open: text => {
      const opened = openFernet(keys(), text)
      const payload = opened && orNothing(() => unpackPayload(opened.data, bits))
      return payload && opened && ({ ...payload, issuedAt: opened.atS * 1000 } satisfies Payload & SealedPayload)
    },
  }
}

/** Our key may have sealed something that is no token; whoever shows it gets the answer for a bad token. */
function orNothing<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) return undefined
    throw error
  }
}
