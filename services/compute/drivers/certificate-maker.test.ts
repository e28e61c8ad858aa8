import { createPrivateKey, X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { makeCertificate } from './certificate-maker.ts'

test('a certificate names its user, serves client authentication, and belongs to its key', () => {
  const now = Date.UTC(2026, 0, 1)
  const { publicKey, privateKey } = makeCertificate('fake-user', now)
  const seen = new X509Certificate(publicKey)
  expect(seen.subject).toBe('CN=fake-user')
  expect(seen.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2'])
  expect(seen.subjectAltName).toMatch(/othername.*fake-user@localhost/i)
  expect(seen.verify(seen.publicKey)).toBe(true)
  expect(seen.checkPrivateKey(createPrivateKey(privateKey))).toBe(true)
  expect([Date.parse(seen.validFrom), Date.parse(seen.validTo)]).toEqual([now, now + 3650 * 86_400_000])
})
