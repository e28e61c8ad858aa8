import type { Chance } from '@kilonova/platform/chance.ts'
import type { Receipt, ReceiptFormat } from '../../auth/auth.ts'
import { openFernet, sealFernet } from './fernet.ts'
import type { KeyRing } from './key-repository.ts'

/** Receipts of partial sign-ins, sealed with the keys of tokens. JSON inside, which no opener of tokens takes for one. */
export function receiptFormat({ keys, chance }: { readonly keys: KeyRing; readonly chance: Pick<Chance, 'bytes'> }): ReceiptFormat {
  return {
    seal: receipt => {
      const [primary] = keys()
      if (!primary) throw new Error('a key ring is never empty')
      return sealFernet(primary, Buffer.from(JSON.stringify({ receipt })), Math.floor(receipt.issuedAt / 1000), chance.bytes(16))
    },
    open: text => {
      const opened = openFernet(keys(), text)
      return opened && receiptIn(opened.data.toString('utf8'))
    },
  }
}

/** Our keys seal tokens too; whoever shows one of those shows no receipt. */
function receiptIn(text: string): Receipt | undefined {
  if (!text.startsWith('{"receipt":')) return undefined
  return (JSON.parse(text) as { receipt: Receipt }).receipt
}
