import { createHash, generateKeyPairSync, X509Certificate } from 'node:crypto'

/** Key pairs as OpenSSH writes them. */
export const keyMaker = {
  /** RSA of 2048 bits: what every version that generates keys promises. */
  generate(): { readonly publicKey: string; readonly privateKey: string } {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const { n = '', e = '' } = publicKey.export({ format: 'jwk' })
    const blob = Buffer.concat([field(Buffer.from('ssh-rsa')), number(e), number(n)])
    return {
      publicKey: `ssh-rsa ${blob.toString('base64')} Generated-by-Nova`,
      privateKey: privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    }
  },

  /** MD5 of what lies between the type and the comment; of a certificate, SHA-1. Nothing when it is no key. */
  fingerprint(type: 'ssh' | 'x509', text: string): string | undefined {
    return type === 'ssh' ? ofSsh(text) : ofCertificate(text)
  },
}

function ofSsh(text: string): string | undefined {
  const [word = '', encoded = ''] = text.trim().split(/\s+/)
  const blob = Buffer.from(encoded, 'base64')
  const length = blob.length > 4 ? blob.readUInt32BE(0) : 0
  if (length === 0 || blob.subarray(4, 4 + length).toString('latin1') !== word) return undefined
  return colons(createHash('md5').update(blob).digest('hex'))
}

function ofCertificate(text: string): string | undefined {
  try {
    return new X509Certificate(text).fingerprint.toLowerCase()
  } catch {
    return undefined
  }
}

const colons = (hex: string) => hex.match(/../g)?.join(':') ?? ''
const field = (bytes: Buffer) => {
  const head = Buffer.alloc(4)
  head.writeUInt32BE(bytes.length)
  return Buffer.concat([head, bytes])
}
/** A number of SSH's: a leading zero where the first bit is set. */
const number = (base64url: string) => {
  const bytes = Buffer.from(base64url, 'base64url')
  return field((bytes[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes)
}
