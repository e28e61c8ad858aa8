import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Bench, bench } from '../kit.ts'

let at: Bench
let ask: Bench['ask']
beforeEach(async () => {
  at = await bench()
  ask = at.ask
})
afterEach(() => at.close())

const version = (number: string) => ({ 'openstack-api-version': `compute ${number}` })

test('a new cloud has the flavors everybody knows', async () => {
  const { flavors } = (await ask('GET /v2.1/flavors/detail', { as: 'reader' })).body
  expect(flavors.map(({ id, name, ram, vcpus, disk }: Record<string, unknown>) => [id, name, ram, vcpus, disk])).toEqual([
    ['0', 'm1.nano', 128, 1, 1],
    ['1', 'm1.tiny', 512, 1, 1],
    ['2', 'm1.small', 2048, 1, 20],
    ['3', 'm1.medium', 4096, 2, 40],
    ['4', 'm1.large', 8192, 4, 80],
  ])
})

test('no swap is an empty text, as Nova writes it', async () => {
  const { flavor } = (await ask('GET /v2.1/flavors/1', { as: 'reader' })).body
  expect(flavor).toEqual({
    id: '1',
    name: 'm1.tiny',
    ram: 512,
    vcpus: 1,
    disk: 1,
    swap: '',
    rxtx_factor: 1,
    'OS-FLV-EXT-DATA:ephemeral': 0,
    'OS-FLV-DISABLED:disabled': false,
    'os-flavor-access:is_public': true,
    links: [
      { rel: 'self', href: 'http://cloud:5000/v2.1/flavors/1' },
      { rel: 'bookmark', href: 'http://cloud:5000/flavors/1' },
    ],
  })
})

test('a flavor has a description from 2.55 on, in the short list too', async () => {
  const brief = async (number: string) => (await ask('GET /v2.1/flavors', { as: 'reader', headers: version(number) })).body.flavors[0]
  expect(Object.keys(await brief('2.54'))).toEqual(['id', 'name', 'links'])
  expect(await brief('2.55')).toMatchObject({ id: '0', name: 'm1.nano', description: null })
})

test('a flavor that is not there is not found', async () => {
  expect(await ask('GET /v2.1/flavors/99', { as: 'reader' })).toMatchObject({
    status: 404,
    body: { itemNotFound: { code: 404, message: 'Flavor 99 could not be found.' } },
  })
})
