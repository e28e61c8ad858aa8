import { expect, test } from 'vitest'
import { imageChecks } from './logic.ts'

const cause = { requestId: 'req-5c242396-3c7b-4bc6-bec1-3df8eb57d53d', why: 'a test' }
const image = { id: 'i1', name: 'cirros', sizeBytes: 10, urls: ['file:///images/i1'] }

/** What is found when the files have these lengths. */
async function look(files: Readonly<Record<string, number>>) {
  const checks = imageChecks({ store: { list: async () => [image] }, sizeOf: async url => files[url] })
  return (await Promise.all(checks.map(check => check.look(cause)))).flat().map(({ what }) => what)
}

test('an image whose file is there, whole, is no finding', async () => {
  expect(await look({ 'file:///images/i1': 10 })).toEqual([])
})

test('an image whose file is gone, or cut short, is found', async () => {
  expect(await look({})).toEqual(['image cirros (i1) is to lie at file:///images/i1, and there is no such file'])
  expect(await look({ 'file:///images/i1': 4 })).toEqual(['image cirros (i1) has 10 bytes, and its file at file:///images/i1 has 4'])
})
