import { expect, test } from 'vitest'
import { signer } from './signer.ts'

test('signs as Neutron’s metadata agent does', () => {
  // python3 -c "import hmac; print(hmac.new(b'oldboy', b'da0e8cfc-46f9-416d-a828-397d8d7e4023', 'sha256').hexdigest())"
  expect(signer('oldboy').sign('da0e8cfc-46f9-416d-a828-397d8d7e4023')).toBe(
    '1d58ad1c5cdead80f1a8013792d100c09aad052f8bb7005dbe814925c592c274',
  )
  expect(signer('oldboy').matches('a', signer('oldboy').sign('a'))).toBe(true)
  expect(signer('oldboy').matches('a', signer('other').sign('a'))).toBe(false)
  expect(signer('oldboy').matches('a', 'short')).toBe(false)
})
