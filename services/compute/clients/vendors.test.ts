import { expect, test } from 'vitest'
import { vendorAsker, type VendorToken } from './vendors.ts'

type Client = NonNullable<Parameters<typeof vendorAsker>[2]>
const guest = { 'instance-id': 'vm-1', hostname: 'vm1' }

/** Asks programs that answer as they are told here, by their URLs. */
function bench(answers: Readonly<Record<string, { readonly status: number; readonly body: unknown } | Error>>, token?: VendorToken) {
  const asked: unknown[] = []
  const warned: string[] = []
  const clientOf = (({ url }) => ({
    ask: async (wish: object) => {
      asked.push({ url, ...wish })
      const answer = answers[url] ?? new Error('nobody is there')
      if (answer instanceof Error) throw answer
      return { ...answer, header: () => undefined }
    },
  })) as Client
  const ask = vendorAsker(
    { warn: (message: string, fields?: object) => void warned.push(`${message}: ${JSON.stringify(fields)}`) },
    token,
    clientOf,
  )
  const told = (targets: readonly string[], isFatal = false) => ask({ targets, timeoutMs: 10_000, isFatal }, guest, 'vm-1')
  return { asked, warned, told }
}

test('each program is told of the guest, and what it answers stands under its name', async () => {
  const { told, asked, warned } = bench({
    'http://a/one': { status: 200, body: { key: 1 } },
    'http://u@b/': { status: 200, body: '[2]' },
    'http://c': { status: 200, body: '' },
  })
  expect(await told(['one@http://a/one', 'two@http://u@b/', 'three@http://c'])).toEqual({ one: { key: 1 }, two: [2], three: {} })
  expect(asked[0]).toEqual({
    url: 'http://a/one',
    method: 'POST',
    path: '',
    headers: { 'user-agent': 'openstack-nova-vendordata' },
    body: guest,
  })
  expect(warned).toEqual([])
})

test('a target without a name, and one whose name is taken, are left out', async () => {
  const { told, warned } = bench({ 'http://a': { status: 200, body: {} } })
  expect(await told(['http://nowhere', 'one@http://a', 'one@http://b'])).toEqual({ one: {} })
  expect(warned).toHaveLength(2)
})

test.each([
  ['is away', new Error('refused')],
  ['refuses', { status: 500, body: { error: 'x' } }],
  ['answers no JSON', { status: 200, body: '<html>' }],
])('a program that %s tells nothing, or the guest is told nothing at all where that is wanted', async (_, answer) => {
  const { told, warned } = bench({ 'http://a': answer })
  expect(await told(['one@http://a'])).toEqual({ one: {} })
  expect(warned).toHaveLength(1)
  await expect(told(['one@http://a'], true)).rejects.toThrow('Error from dynamic vendordata service one at http://a.')
})

test('a program is asked under the service user, whose token is taken anew when it is refused', async () => {
  const tokens = ['old', 'new']
  const forgotten: string[] = []
  const token = { get: async () => tokens[forgotten.length] ?? '', forget: (one: string) => void forgotten.push(one) }
  const { told, asked } = bench({ 'http://a': { status: 401, body: '' } }, token)
  expect(await told(['one@http://a'])).toEqual({ one: {} })
  expect(asked).toMatchObject([{ headers: { 'x-auth-token': 'old' } }, { headers: { 'x-auth-token': 'new' } }])
  expect(forgotten).toEqual(['old'])
})

test('a service user whom identity does not know is told in the log, and the guest hears nothing of that program', async () => {
  const token = { get: () => Promise.reject(new Error('identity answered 401')), forget: () => {} }
  const { told, asked, warned } = bench({ 'http://a': { status: 200, body: { key: 1 } } }, token)
  expect(await told(['one@http://a'])).toEqual({ one: {} })
  expect([asked.length, warned.length]).toEqual([0, 1])
})
