import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { settleAddress } from './old-addresses.ts'

const settled = (url: string) => {
  const headers = { 'openstack-api-version': 'compute 2.90', 'x-auth-token': 't' }
  const request = { url, headers } as unknown as IncomingMessage
  settleAddress(request)
  return [request.url, request.headers['openstack-api-version']]
}

test('a project in the address is passed over', () => {
  const project = 'a'.repeat(32)
  expect(settled(`/v2.1/${project}/servers?limit=1`)).toEqual(['/v2.1/servers?limit=1', 'compute 2.90'])
  expect(settled('/v2.1/5c242396-3c7b-4bc6-bec1-3df8eb57d53d/flavors/1')).toEqual(['/v2.1/flavors/1', 'compute 2.90'])
  expect(settled('/v2.1/servers/5c242396-3c7b-4bc6-bec1-3df8eb57d53d')).toEqual([
    '/v2.1/servers/5c242396-3c7b-4bc6-bec1-3df8eb57d53d',
    'compute 2.90',
  ])
})

test('v2 is what v2.1 says first', () => {
  expect(settled(`/v2/${'a'.repeat(32)}/servers/detail`)).toEqual(['/v2.1/servers/detail', undefined])
  expect(settled('/v2/flavors')).toEqual(['/v2.1/flavors', undefined])
})

test('an address whose id is missing is nobody’s', () => {
  expect(settled('/v2.1/images/')[0]).toBe('/v2.1/nothing')
  expect(settled('/v2.1/flavors/1/os-extra_specs/')[0]).toBe('/v2.1/flavors/1/os-extra_specs/')
})

test('the addresses of the versions themselves stay', () => {
  for (const url of ['/', '/v2', '/v2/', '/v2.1', '/v2.1/', '/openapi.json']) expect(settled(url)[0]).toBe(url)
})
