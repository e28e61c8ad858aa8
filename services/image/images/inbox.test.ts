import { openBroker } from '@kilonova/platform/bus/in-process/broker.ts'
import { openBus } from '@kilonova/platform/bus/open.ts'
import { seededChance } from '@kilonova/platform/chance.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { imagesAddress, type RemoteImages, remoteImages } from '../contract/remote-images.ts'
import { type Bench, bench } from '../kit.ts'
import { imagesInbox } from './inbox.ts'

let at: Bench
let remote: RemoteImages
let close: () => Promise<void>
const cause = { requestId: 'req-00000000-0000-4000-8000-000000000001', why: 'a test' }
const demo = { userId: 'u', projectId: 'demo', roles: ['member'] }
const other = { userId: 'u', projectId: 'other', roles: ['member'] }
beforeEach(async () => {
  at = await bench()
  const bus = await openBus({ inProcess: openBroker(), clock: systemClock, chance: seededChance(1), log: silentLog })
  await bus.serve(imagesAddress, imagesInbox(at.image))
  remote = remoteImages(bus, () => cause)
  close = () => bus.close().then(at.close)
})
afterEach(() => close())

test('who asks over the bus sees what a caller may see, and is refused what a caller may not do', async () => {
  const id = await at.register()
  const { finder, browser } = remote
  expect(await finder.find(id, demo)).toEqual(await at.image.finder.find(id, demo))
  expect(await finder.find(id, other)).toBeUndefined()
  const wish = { properties: {}, limit: 10 }
  expect(await browser.list(wish, demo)).toEqual([await browser.get(id, demo)])
  expect(await browser.describe(id, { purpose: 'test' }, demo, cause)).toMatchObject({ id, properties: { purpose: 'test' } })
  await expect(browser.delete(id, other, cause)).rejects.toMatchObject({ kind: 'not-found' })
  await browser.delete(id, demo, cause)
  expect(await browser.get(id, demo)).toBeUndefined()
})

test('an image that is made over the bus has its data sent over HTTP, and is not full before', async () => {
  const id = 'c0ffee00-0000-4000-8000-000000000001'
  const image = { id, name: 'snap', ownerId: 'demo', visibility: 'private', diskFormat: 'raw', containerFormat: 'bare' } as const
  const file = { path: '/etc/hostname', sizeBytes: 5 }
  const { signal } = new AbortController()
  const { keeper } = remote
  for (const _ of [1, 2]) await keeper.create({ ...image, minDiskGb: 0, minRamMb: 0, properties: { kind: 'backup' } }, cause)
  await expect(keeper.fill(id, file, cause, signal)).rejects.toMatchObject({ kind: 'unavailable' })
  expect((await at.ask(`PUT /v2/images/${id}/file`, { bytes: Buffer.from('data!') })).status).toBe(204)
  await keeper.fill(id, file, cause, signal)
  expect(await keeper.list('demo', { kind: 'backup' })).toMatchObject([{ id, name: 'snap' }])
  for (const _ of [1, 2]) await keeper.delete(id, cause)
  await expect(keeper.fill(id, file, cause, signal)).rejects.toMatchObject({ kind: 'not-found' })
})
