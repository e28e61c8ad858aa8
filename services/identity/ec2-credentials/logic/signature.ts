import type { SignedRequest } from '../ec2-credential.ts'

/** The hashes that signing is made of. */
export interface Digests {
  /** Hexadecimal digits. */
  sha256(text: string): string
  hmac(algorithm: 'sha1' | 'sha256', key: string | Uint8Array, text: string | Uint8Array): Buffer
  isSame(one: string, other: string): boolean
}

/**
 * Whether a request was signed with a secret, by any of the ways tools for Amazon's clouds have signed: version 0 signs the action and
 * the time, 1 all parameters, 2 and 4 the whole request. A request in no known form was not.
 */
export function verifyEc2Signature(request: SignedRequest, secret: string, digests: Digests): boolean {
  const expected = ec2Signature(request, secret, digests)
  if (expected !== undefined && digests.isSame(request.signature, expected)) return true
  // NOTE: some tools leave the port out when they sign.
  const [host, port] = (request.host ?? '').split(':')
  if (port === undefined) return false
  const again = ec2Signature({ ...request, host }, secret, digests)
  return again !== undefined && digests.isSame(request.signature, again)
}

export function ec2Signature(request: SignedRequest, secret: string, digests: Digests): string | undefined {
  const params = textsOf(request.params ?? {})
  switch (params['SignatureVersion']) {
    case '0':
      return digests.hmac('sha1', secret, `${params['Action'] ?? ''}${params['Timestamp'] ?? ''}`).toString('base64')
    case '1':
      return digests.hmac('sha1', secret, byLowerCase(params)).toString('base64')
    case '2': {
      const query = canonicalQuery({ ...params, SignatureMethod: 'HmacSHA256' })
      const signed = [request.verb, request.host, request.path, query].join('\n')
      return digests.hmac('sha256', secret, signed).toString('base64')
    }
    default:
      return version4(request, params, secret, digests)
  }
}

/** An S3 service sends the text that was signed; version 1 unless it says otherwise. */
export function verifyS3Signature({ token, signature }: SignedRequest, secret: string, digests: Digests): boolean {
  if (token === undefined) return false
  const signed = Buffer.from(token, 'base64url')
  const expected =
    signed.subarray(0, 4).toString() === 'AWS4'
      ? s3Version4(signed, secret, digests)
      : digests.hmac('sha1', secret, signed).toString('base64')
  return expected !== undefined && digests.isSame(signature, expected)
}

const s3Services = ['s3', 'iam', 'sts']

function s3Version4(signed: Buffer, secret: string, digests: Digests): string | undefined {
  const parts = signed.toString().split('\n')
  const [day, region, service, end, ...more] = (parts[2] ?? '').split('/')
  if (parts.length !== 4 || parts[0] !== 'AWS4-HMAC-SHA256' || more.length > 0 || end !== 'aws4_request') return undefined
  if (day === undefined || region === undefined || service === undefined || !s3Services.includes(service)) return undefined
  return digests.hmac('sha256', derivedKey(secret, { day, region, service }, digests), signed).toString('hex')
}

function version4(request: SignedRequest, params: Readonly<Record<string, string>>, secret: string, digests: Digests): string | undefined {
  const { headers = {}, bodyHash = '', path = '' } = request
  const authorization = headers['Authorization']
  if (!authorization?.startsWith('AWS4-HMAC-SHA256') && params['X-Amz-Algorithm'] !== 'AWS4-HMAC-SHA256') return undefined
  const part = (name: string) =>
    (authorization === undefined ? params[`X-Amz-${name}`] : authorization.split(`${name}=`)[1]?.split(',')[0]) ?? ''
  const date = headers['X-Amz-Date'] ?? params['X-Amz-Date'] ?? ''
  const [, day, region, service, ...rest] = part('Credential').split('/')
  if (day === undefined || region === undefined || service === undefined || day === '' || !date.startsWith(day)) return undefined
  const verb = (request.verb ?? '').toUpperCase()
  const canonical = [
    verb,
    path,
    verb === 'POST' ? '' : canonicalQuery(params),
    `${signedHeaders(headers, part('SignedHeaders')).join('\n')}\n`,
    part('SignedHeaders'),
    bodyHash,
  ].join('\n')
  const scope = [day, region, service, ...rest].join('/')
  const signed = ['AWS4-HMAC-SHA256', date, scope, digests.sha256(canonical)].join('\n')
  return digests.hmac('sha256', derivedKey(secret, { day, region, service }, digests), signed).toString('hex')
}

const derivedKey = (secret: string, { day, region, service }: { day: string; region: string; service: string }, digests: Digests) =>
  [day, region, service, 'aws4_request'].reduce<string | Uint8Array>((key, part) => digests.hmac('sha256', key, part), `AWS4${secret}`)

function signedHeaders(headers: Readonly<Record<string, string>>, names: string): readonly string[] {
  const byName = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase().trim(), value.trim()]))
  return names.split(';').flatMap(name => {
    const value = byName.get(name)
    return value === undefined ? [] : [`${name}:${value}`]
  })
}

const textsOf = (params: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, typeof value === 'object' ? JSON.stringify(value) : String(value)]),
  )

const byLowerCase = (params: Readonly<Record<string, string>>) =>
  Object.entries(params)
    .map(([name, value]) => [name.toLowerCase(), `${name}${value}`] as const)
    .sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0))
    .map(([, text]) => text)
    .join('')

const canonicalQuery = (params: Readonly<Record<string, string>>) =>
  Object.keys(params)
    .sort()
    .map(name => `${escaped(name)}=${escaped(params[name] ?? '')}`)
    .join('&')

const escaped = (text: string) =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, mark => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
