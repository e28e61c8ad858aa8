import { createPrivateKey, generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto'

/** A certificate that Windows guests let a user sign in with: for client authentication, with the user's name as a principal. */
export function makeCertificate(userId: string, nowMs: number): { readonly publicKey: string; readonly privateKey: string } {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const name = sequence(set(sequence(oid(2, 5, 4, 3), utf8(userId.slice(0, 64)))))
  const years = 10 * 365 * 86_400_000
  const body = sequence(
    tagged(0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    rsaWithSha256,
    name,
    sequence(time(nowMs), time(nowMs + years)),
    name,
    publicKey,
    tagged(3, sequence(extension(oid(2, 5, 29, 37), sequence(clientAuth)), extension(oid(2, 5, 29, 17), sequence(principal(userId))))),
  )
  const signature = sign('sha256', body, createPrivateKey(privateKey))
  const der = sequence(body, rsaWithSha256, part(0x03, Buffer.concat([Buffer.from([0]), signature])))
  return { publicKey: new X509Certificate(der).toString(), privateKey }
}

/** A part of ASN.1 as DER writes it: what it is, how long, what is in it. */
function part(tag: number, ...inside: readonly Buffer[]): Buffer {
  const content = Buffer.concat(inside)
  if (content.length < 128) return Buffer.concat([Buffer.from([tag, content.length]), content])
  const length = Buffer.from(content.length.toString(16).padStart(content.length < 256 ? 2 : content.length < 65_536 ? 4 : 6, '0'), 'hex')
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, content])
}
const sequence = (...inside: readonly Buffer[]) => part(0x30, ...inside)
const set = (...inside: readonly Buffer[]) => part(0x31, ...inside)
const tagged = (number: number, ...inside: readonly Buffer[]) => part(0xa0 + number, ...inside)
const integer = (bytes: Buffer) => part(0x02, bytes)
const utf8 = (text: string) => part(0x0c, Buffer.from(text))
const extension = (name: Buffer, value: Buffer) => sequence(name, part(0x04, value))

/** UTCTime until 2049, GeneralizedTime from then on, as X.509 has it. */
function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '')
  return new Date(ms).getUTCFullYear() < 2050 ? part(0x17, Buffer.from(digits.slice(2))) : part(0x18, Buffer.from(digits))
}

function oid(first: number, second: number, ...rest: readonly number[]): Buffer {
  const septets = (value: number): readonly number[] =>
    value < 128 ? [value] : [...septets(Math.floor(value / 128)).map(one => one | 0x80), value % 128]
  return part(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(septets)]))
}

const rsaWithSha256 = sequence(oid(1, 2, 840, 113549, 1, 1, 11), part(0x05))
const clientAuth = oid(1, 3, 6, 1, 5, 5, 7, 3, 2)
const principal = (userId: string) => tagged(0, oid(1, 3, 6, 1, 4, 1, 311, 20, 2, 3), tagged(0, utf8(`${userId}@localhost`)))
