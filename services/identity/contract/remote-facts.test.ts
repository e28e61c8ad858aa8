import { httpClient } from '@kilonova/platform/http/client.ts'
import { type Listening, listen } from '@kilonova/platform/http/listener.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { passwords, type Whole, wholeIdentity } from '../kit.ts'
import type { CloudFacts } from './cloud-facts.ts'
import { remoteFacts } from './remote-facts.ts'

const byName = { name: 'Default' }
const user = { username: 'admin', password: passwords.admin, userDomain: byName, projectName: 'admin', projectDomain: byName }

let whole: Whole
let listening: Listening
let elsewhere: CloudFacts
const client = () => httpClient({ url: `http://127.0.0.1:${listening.portOf('keystone')}` })
beforeEach(async () => {
  whole = await wholeIdentity()
  const mount = { name: 'keystone', host: '127.0.0.1', port: 0, prefix: '', answer: whole.identity.answer }
  listening = await listen({ mounts: [mount], health: async () => [], metrics: async () => '' })
  elsewhere = remoteFacts({ client: client(), user })
})
afterEach(async () => {
  await listening.close(0)
  await whole.close()
})

test('an address is the one that the catalog names, in this process and in another', async () => {
  const service = (await whole.make('POST /v3/services', { service: { type: 'image', name: 'glance' } })).service.id
  await whole.make('PUT /v3/regions/far', { region: {} })
  await whole.make('POST /v3/endpoints', {
    endpoint: { service_id: service, region_id: 'far', interface: 'public', url: 'http://far:9292' },
  })
  const asker = { userId: 'u', projectId: 'p', serviceType: 'image' }
  for (const facts of [whole.identity.facts, elsewhere]) {
    expect(await facts.findEndpoint({ ...asker, region: 'far', interface: 'public' })).toBe('http://far:9292')
    expect(await facts.findEndpoint({ ...asker, region: 'far', interface: 'internal' })).toBeUndefined()
    expect(await facts.findEndpoint({ ...asker, region: 'near', interface: 'public' })).toBeUndefined()
  }
})

test('a project’s limit counts before what is registered, and a region’s before all regions’', async () => {
  const service = (await whole.make('POST /v3/services', { service: { type: 'image', name: 'glance' } })).service.id
  const project = (await whole.make('GET /v3/projects?name=demo')).projects[0].id
  const region = (await whole.make('GET /v3/regions')).regions[0].id
  const registered = (resource_name: string, default_limit: number, more = {}) => ({
    service_id: service,
    resource_name,
    default_limit,
    ...more,
  })
  await whole.make('POST /v3/registered_limits', {
    registered_limits: [
      registered('image_count_total', 10),
      registered('image_count_total', 7, { region_id: region }),
      registered('image_size_total', 500),
    ],
  })
  await whole.make('POST /v3/limits', {
    limits: [{ service_id: service, project_id: project, resource_name: 'image_size_total', resource_limit: 20 }],
  })
  for (const facts of [whole.identity.facts, elsewhere]) {
    const limits = await facts.limitsOf({ projectId: project, serviceType: 'image', region })
    expect(Object.fromEntries(limits)).toEqual({ image_count_total: 7, image_size_total: 20 })
    expect((await facts.limitsOf({ projectId: 'other', serviceType: 'image', region: 'far' })).get('image_count_total')).toBe(10)
    expect((await facts.limitsOf({ projectId: project, serviceType: 'volume', region })).size).toBe(0)
  }
})

test('a user who may not look is unavailability, not a limit', async () => {
  const nobody = remoteFacts({ client: client(), user: { ...user, password: 'wrong' } })
  await expect(nobody.limitsOf({ projectId: 'p', serviceType: 'image', region: 'r' })).rejects.toMatchObject({ kind: 'unavailable' })
})
