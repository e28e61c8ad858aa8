import { describe, expect, test } from 'vitest'
import { digests } from '../../drivers/digests.ts'
import { ec2Signature, verifyEc2Signature, verifyS3Signature } from './signature.ts'

/** Requests and signatures as python-keystoneclient's own signer makes them with this secret. */
const secret = '89cdf9e94e2643cab35b8b8ac5a51f83'
const sign = (request: object) => ec2Signature({ access: 'a', signature: '', ...request }, secret, digests)
const params = { Action: 'DescribeInstances', Timestamp: '2026-01-01T00:00:00Z', Filter: "a b/c~d'(e)", Zeta: '1', alpha: '2' }

const known: readonly (readonly [string, object, string])[] = [
  [
    '0',
    { params: { ...params, SignatureVersion: '0' }, verb: 'GET', host: 'cloud:8773', path: '/services/Cloud' },
    'xz9ddUMkkXWLs6+7ShJ1PbHVTP0=',
  ],
  [
    '1',
    { params: { ...params, SignatureVersion: '1' }, verb: 'GET', host: 'cloud:8773', path: '/services/Cloud' },
    'xDChyh8Lb4Mpy7W7SdCKuPt24gI=',
  ],
  [
    '2',
    { params: { ...params, SignatureVersion: '2' }, verb: 'GET', host: 'cloud:8773', path: '/services/Cloud' },
    'w5/tz6NJJpdP6LaMDSVd5rXPFYdufDUTr71pPXmPQzI=',
  ],
  [
    '4, signed in a header',
    {
      params,
      verb: 'GET',
      path: '/',
      bodyHash: 'b0',
      headers: {
        Authorization: 'AWS4-HMAC-SHA256 Credential=AKIA/20260101/r/ec2/aws4_request,SignedHeaders=host;x-amz-date,Signature=x',
        'X-Amz-Date': '20260101T000000Z',
        Host: 'cloud:8773',
      },
    },
    'abf6edebeff82c480dcad31e15f253ba379884cb833e70837b69edb2b782b386',
  ],
  [
    '4, signed in the query',
    {
      verb: 'GET',
      path: '/',
      bodyHash: 'b0',
      headers: { host: 'cloud' },
      params: {
        ...params,
        'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
        'X-Amz-Credential': 'AKIA/20260101/r/ec2/aws4_request',
        'X-Amz-Date': '20260101T000000Z',
        'X-Amz-SignedHeaders': 'host',
      },
    },
    '95ae44571a6d6208a00404ad7af4b7700a08e688d732c5a606e8601bad7c1f22',
  ],
]

describe('a signed request', () => {
  test.each(known)('is verified by version %s', (_, request, signature) => {
    expect(sign(request)).toBe(signature)
    expect(verifyEc2Signature({ access: 'a', signature, ...request }, secret, digests)).toBe(true)
    expect(verifyEc2Signature({ access: 'a', signature, ...request }, 'another secret', digests)).toBe(false)
  })

  test('may have been signed without the port', () => {
    const request = { params: { ...params, SignatureVersion: '2' }, verb: 'GET', path: '/' }
    const signature = sign({ ...request, host: 'cloud' }) ?? ''
    expect(verifyEc2Signature({ access: 'a', signature, ...request, host: 'cloud:8773' }, secret, digests)).toBe(true)
  })

  test('of an unknown form is not verified', () => {
    expect(verifyEc2Signature({ access: 'a', signature: '', params: { SignatureVersion: '3' } }, secret, digests)).toBe(false)
    expect(verifyEc2Signature({ access: 'a', signature: '' }, secret, digests)).toBe(false)
  })

  test('whose date is not that of its scope is not verified', () => {
    const headers = {
      Authorization: 'AWS4-HMAC-SHA256 Credential=a/20260102/r/ec2/aws4_request,SignedHeaders=host',
      'X-Amz-Date': '20260101T000000Z',
    }
    expect(sign({ headers, verb: 'GET', path: '/', params: {} })).toBeUndefined()
  })
})

describe('what an S3 service got signed', () => {
  const request = (text: string, signature: string) => ({ access: 'a', token: Buffer.from(text).toString('base64url'), signature })

  test('is verified in its first form', () => {
    const signature = digests.hmac('sha1', secret, 'GET\n\n\ndate\n/bucket').toString('base64')
    expect(verifyS3Signature(request('GET\n\n\ndate\n/bucket', signature), secret, digests)).toBe(true)
    expect(verifyS3Signature(request('PUT\n\n\ndate\n/bucket', signature), secret, digests)).toBe(false)
  })

  test('is verified in its fourth form, for the services that it is meant for', () => {
    const text = (service: string) => `AWS4-HMAC-SHA256\n20260101T000000Z\n20260101/r/${service}/aws4_request\nabc`
    const key = (service: string) =>
      ['20260101', 'r', service, 'aws4_request'].reduce<string | Uint8Array>(
        (one, part) => digests.hmac('sha256', one, part),
        `AWS4${secret}`,
      )
    const signature = (service: string) => digests.hmac('sha256', key(service), text(service)).toString('hex')
    expect(verifyS3Signature(request(text('s3'), signature('s3')), secret, digests)).toBe(true)
    expect(verifyS3Signature(request(text('ec2'), signature('ec2')), secret, digests)).toBe(false)
  })
})
