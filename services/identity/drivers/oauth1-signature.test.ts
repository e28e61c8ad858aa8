import { describe, expect, test } from 'vitest'
import { oauth1Signatures } from './oauth1-signature.ts'

const secrets = { consumer: 's&cret', token: 't/ken' }
const url = 'http://cloud:5000/v3/OS-OAUTH1/request_token?b=2%203&a=%C3%A4'

/** As oauthlib, which the reference clients use, signs a POST to `url`. */
const known = [
  [
    'HMAC-SHA1',
    'OAuth oauth_nonce="n1", oauth_timestamp="1767225600", oauth_version="1.0", oauth_signature_method="HMAC-SHA1", oauth_consumer_key="c0ffee", oauth_token="beef", oauth_callback="oob", oauth_signature="OVkMN5UNXRanwowFzjF%2Fo7pAi1A%3D"',
  ],
  [
    'HMAC-SHA256',
    'OAuth oauth_nonce="n1", oauth_timestamp="1767225600", oauth_version="1.0", oauth_signature_method="HMAC-SHA256", oauth_consumer_key="c0ffee", oauth_token="beef", oauth_callback="oob", oauth_signature="rOptaumUloerqyzs3pu96L0PAUv8blyCbg1KSZz7yPU%3D"',
  ],
]

describe.each(known)('%s', (_, authorization) => {
  const request = { method: 'POST', url, authorization }

  test('is right for the request and the secrets it was made with', () => {
    expect(oauth1Signatures.isRight(request, secrets)).toBe(true)
  })

  test.each([
    ['another secret', request, { ...secrets, token: 'x' }],
    ['another method', { ...request, method: 'GET' }, secrets],
    ['another address', { ...request, url: url.replace('2%203', '4') }, secrets],
    ['another parameter', { ...request, authorization: authorization.replace('n1', 'n2') }, secrets],
  ])('is wrong with %s', (_, changed, used) => {
    expect(oauth1Signatures.isRight(changed, used)).toBe(false)
  })
})

test('the parameters are read off the header, unescaped', () => {
  expect(oauth1Signatures.read('OAuth realm="", oauth_token="a%2Fb",oauth_nonce="n"')).toEqual({
    realm: '',
    oauth_token: 'a/b',
    oauth_nonce: 'n',
  })
})

test('a header of another kind has none, and no signature of an unknown kind is right', () => {
  expect(oauth1Signatures.read('Basic abc')).toEqual({})
  expect(oauth1Signatures.isRight({ method: 'POST', url, authorization: 'OAuth oauth_signature_method="PLAINTEXT"' }, secrets)).toBe(false)
})
