import { systemClock } from '@kilonova/platform/clock.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { expect, test, vi } from 'vitest'
import { firstImage, firstImageTopic } from './first-image.ts'
import { fakeHost } from './testing/fake-host.ts'

/** The making of the first image, with what was said of it and which programs were run. */
function making(provide: (signal: AbortSignal, making: () => void) => Promise<'made' | 'there' | 'deleted'>) {
  const said = { amiss: [] as (string | undefined)[], note: undefined as string | undefined }
  const ran: string[] = []
  const host = fakeHost({ programs: { 'apt-get': { code: 0 } } })
  const first = firstImage({
    clock: systemClock,
    logOf: () => silentLog,
    remark: (about, says) => void (about === firstImageTopic && said.amiss.push(says)),
    note: (_, says) => {
      said.note = says
    },
    guestImage: { provide: (_, signal, begins = () => {}) => provide(signal, begins) },
    host: {
      ...host,
      run: async (program, args) => {
        ran.push([program, ...args].join(' '))
        return await host.run(program, args)
      },
    },
    owner: async () => 'admin',
    againMs: 5,
  })
  return { ...first, known: first.begin(), said, ran }
}

test('it is said to be made while it is, and to be there when it is', async () => {
  const gate = Promise.withResolvers<'made'>()
  const { said, known, done } = making((_, begins) => {
    begins()
    return gate.promise
  })
  await known
  expect(said.note).toBe('is being made')
  gate.resolve('made')
  await done()
  expect(said).toEqual({ amiss: [undefined], note: 'is there' })
})

test('nothing is said of one that an administrator deleted', async () => {
  const { said, done } = making(async () => 'deleted')
  await done()
  expect(said.note).toBeUndefined()
})

test('old package lists are renewed once; what cannot be fetched is amiss until it can', async () => {
  let tries = 0
  const { said, ran, done } = making(async () => {
    if (++tries < 4) throw new Error('E: Failed to fetch busybox-static.')
    return 'made'
  })
  await vi.waitFor(() => expect(said.amiss[0]).toBe("it could not be made from Debian's packages: E: Failed to fetch busybox-static"))
  await done()
  expect([tries, ran, said.amiss.at(-1), said.note]).toEqual([4, ['apt-get -q update'], undefined, 'is there'])
})

test('a cloud that ends stops it', async () => {
  const { stop, said } = making(
    signal => new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true })),
  )
  await stop()
  expect(said).toEqual({ amiss: [], note: undefined })
})
