import { createHmac, timingSafeEqual } from 'node:crypto'

/** Signs with a shared secret, as the metadata proxies of the network do: HMAC of SHA-256, in hexadecimal. */
export const signer = (secret: string) => {
  const sign = (text: string) => createHmac('sha256', secret).update(text).digest('hex')
  return {
    sign,
    /** Takes the same time whatever differs. */
    matches(text: string, signature: string): boolean {
      const [own, other] = [Buffer.from(sign(text)), Buffer.from(signature)]
      return own.length === other.length && timingSafeEqual(own, other)
    },
  }
}
