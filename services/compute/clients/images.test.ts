import type { FoundImage } from '@kilonova/image/contract/find.ts'
import { expect, test } from 'vitest'
import { imageClient } from './images.ts'

const image: FoundImage = {
  ...{ id: 'i', name: 'disk', status: 'active', diskFormat: 'qcow2', containerFormat: 'bare', minDiskGb: 1, minRamMb: 64 },
  ...{ sizeBytes: 5, virtualSizeBytes: 10, hash: { algorithm: 'sha512', value: 'aa' }, properties: {} },
  source: { from: 'file', path: '/images/i' },
}
const finding = (found: Partial<FoundImage> | undefined) => imageClient({ find: async () => found && { ...image, ...found } }).find('i')

test('an image says where its data lies, how much it is, and what it needs', async () => {
  expect(await finding({})).toEqual({
    ...{ id: 'i', format: 'qcow2', source: { from: 'file', path: '/images/i' }, sizeBytes: 5, sha512: 'aa', minRamMb: 64, minDiskGb: 1 },
    ...{ diskFormat: 'qcow2', containerFormat: 'bare', properties: {} },
  })
  expect(await finding({ diskFormat: 'iso' })).toMatchObject({ format: 'raw' })
  expect(await finding(undefined)).toBeUndefined()
})

test('the caller is handed on: the image service knows who sees what', async () => {
  const asked: unknown[] = []
  await imageClient({ find: async (...all) => void asked.push(...all) }).find('i', { projectId: 'p', roles: [] })
  expect(asked).toEqual(['i', { projectId: 'p', roles: [] }])
})

test.each([
  [{ status: 'queued' }, 'Image i is not active.'],
  [{ status: 'deactivated' }, 'Image i is not active.'],
  [{ diskFormat: 'vmdk' }, 'Image i is unacceptable: guests do not start from vmdk.'],
  [{ source: undefined }, 'Image i is unacceptable: it has no data.'],
])('nothing is started from %o', async (found, says) => {
  await expect(finding(found)).rejects.toThrow(says)
})
