import { expect, test } from 'vitest'
import { aServer } from '../../kit.ts'
import { graceOf } from './guest.ts'

const usual = { shutdownMs: () => 60_000 }
const withImageThatSays = (words: string | undefined) => ({
  systemMetadata: { ...aServer(1).systemMetadata, ...(words === undefined ? {} : { image_os_shutdown_timeout: words }) },
})

test('a guest has the time to shut itself down that its image asks for, and the usual one when that is no number', () => {
  expect(graceOf(withImageThatSays('7'), usual)).toBe(7_000)
  expect(graceOf(withImageThatSays('0'), usual)).toBe(0)
  for (const words of [undefined, 'soon', '-1', '']) expect(graceOf(withImageThatSays(words), usual)).toBe(60_000)
})
