import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { endpointApi, endpointView } from '../endpoints/api.ts'
import { endpointLogic } from '../endpoints/logic.ts'
import { endpointStore } from '../endpoints/store.ts'
import { type Bench, bench } from '../kit.ts'
import { policyDocumentApi } from '../policy-documents/api.ts'
import { policyDocumentLogic } from '../policy-documents/logic.ts'
import { policyDocumentStore } from '../policy-documents/store.ts'
import { regionApi } from '../regions/api.ts'
import { regionLogic } from '../regions/logic.ts'
import { regionStore } from '../regions/store.ts'
import { serviceApi } from '../services/api.ts'
import { serviceLogic } from '../services/logic.ts'
import { serviceStore } from '../services/store.ts'
import { endpointPolicyApi } from './api.ts'
import { endpointPolicyLogic } from './logic.ts'
import { endpointPolicyStore } from './store.ts'

let at: Bench
const as = 'admin'
const ask = (route: string, body?: object) => at.ask(route, { as, body })
let [service, other, inParis, inEurope, nowhere, foreign, policy, second] = [''] as string[]

beforeEach(async () => {
  at = await bench(({ db, write, chance }) => {
    const documents = policyDocumentStore(db)
    const store = endpointStore(db)
    const associations = endpointPolicyLogic({
      store: endpointPolicyStore(db),
      write,
      chance,
      endpoints: store,
      policies: documents,
    })
    const policies = policyDocumentLogic({ store: documents, write, chance, associations })
    const regions = regionLogic({ store: regionStore(db), write, chance, others: [] })
    const endpoints = endpointLogic({ store, write, chance, regions, others: [associations] })
    const services = serviceLogic({ store: serviceStore(db), write, chance, others: [endpoints, associations] })
    return [
      ...regionApi(regions),
      ...serviceApi(services),
      ...endpointApi(endpoints),
      ...policyDocumentApi(policies),
      ...endpointPolicyApi(associations, { endpoint: endpointView }),
    ]
  })
  await ask('POST /v3/regions', { region: { id: 'europe' } })
  await ask('POST /v3/regions', { region: { id: 'paris', parent_region_id: 'europe' } })
  service = (await ask('POST /v3/services', { service: { type: 'compute' } })).body.service.id
  other = (await ask('POST /v3/services', { service: { type: 'image' } })).body.service.id
  inParis = await endpointIn({ region_id: 'paris' })
  inEurope = await endpointIn({ region_id: 'europe' })
  nowhere = await endpointIn({})
  foreign = await endpointIn({ service_id: other, region_id: 'paris' })
  policy = (await ask('POST /v3/policies', { policy: { type: 'x', blob: 'one', colour: 'green' } })).body.policy.id
  second = (await ask('POST /v3/policies', { policy: { type: 'x', blob: 'two' } })).body.policy.id
})
afterEach(() => at.close())

const endpointIn = async (place: object) =>
  (await ask('POST /v3/endpoints', { endpoint: { interface: 'public', service_id: service, url: 'http://x', ...place } })).body.endpoint.id

const root = (id = policy) => `/v3/policies/${id}/OS-ENDPOINT-POLICY`
const put = (place: string, id = policy) => ask(`PUT ${root(id)}/${place}`)
const endpointsOf = async (id = policy) => {
  const { body } = await ask(`GET ${root(id)}/endpoints`)
  return body.endpoints.map((one: { id: string }) => one.id).toSorted()
}
const policyOf = (endpoint: string | undefined) => ask(`GET /v3/endpoints/${endpoint}/OS-ENDPOINT-POLICY/policy`)
const blobOf = async (endpoint: string | undefined) => (await policyOf(endpoint)).body.policy?.blob

describe('a policy document for one endpoint', () => {
  test('is that endpoint’s', async () => {
    const place = `endpoints/${inParis}`
    expect((await ask(`GET ${root()}/${place}`)).body.error.message).toBe('Could not find policy association.')
    expect((await put(place)).status).toBe(204)
    expect((await ask(`GET ${root()}/${place}`)).status).toBe(204)
    expect((await ask(`HEAD ${root()}/${place}`)).status).toBe(204)
    expect((await policyOf(inParis)).body).toEqual({
      policy: { id: policy, type: 'x', blob: 'one', colour: 'green', links: { self: `http://cloud:5000/v3/endpoints/${policy}` } },
    })
    expect(await endpointsOf()).toEqual([inParis])
  })

  test('goes before those for its service', async () => {
    await put(`services/${service}`)
    await put(`services/${service}/regions/paris`)
    await put(`endpoints/${inParis}`, second)
    expect([await blobOf(inParis), await blobOf(inEurope)]).toEqual(['two', 'one'])
  })

  test('gives way to the one put after it', async () => {
    await put(`endpoints/${inParis}`)
    await put(`endpoints/${inParis}`, second)
    expect(await blobOf(inParis)).toBe('two')
    expect((await ask(`GET ${root()}/endpoints/${inParis}`)).status).toBe(404)
  })

  test('is taken away, also when it was not there', async () => {
    await put(`endpoints/${inParis}`)
    for (let i = 0; i < 2; i++) expect((await ask(`DELETE ${root()}/endpoints/${inParis}`)).status).toBe(204)
    const { status, body } = await policyOf(inParis)
    expect([status, body.error.message]).toEqual([404, `No policy is associated with endpoint ${inParis}.`])
  })
})

describe('a policy document for a service', () => {
  test('is for all its endpoints', async () => {
    await put(`services/${service}`)
    expect(await endpointsOf()).toEqual([inParis, inEurope, nowhere].toSorted())
    expect((await policyOf(foreign)).status).toBe(404)
  })

  test('in a region is for those there and below', async () => {
    await put(`services/${service}/regions/europe`)
    expect(await endpointsOf()).toEqual([inParis, inEurope].toSorted())
    expect([await blobOf(inParis), await blobOf(nowhere)]).toEqual(['one', undefined])
  })

  test('in the nearest region goes first', async () => {
    await put(`services/${service}`)
    await put(`services/${service}/regions/europe`)
    await put(`services/${service}/regions/paris`, second)
    expect([await blobOf(inParis), await blobOf(inEurope), await blobOf(nowhere)]).toEqual(['two', 'one', 'one'])
  })
})

describe('an association', () => {
  test('is forgotten with its endpoint, its service or its document', async () => {
    await put(`endpoints/${inParis}`)
    await put(`services/${other}`)
    await put(`services/${service}/regions/paris`, second)
    await ask(`DELETE /v3/endpoints/${inParis}`)
    await ask(`DELETE /v3/services/${other}`)
    await ask(`DELETE /v3/policies/${second}`)
    expect(await at.db.read.selectFrom('policy_association').selectAll().execute()).toEqual([])
  })

  test.each([
    ['endpoints/none', 'Could not find endpoint: none.'],
    ['services/none', 'Could not find service: none.'],
    ['services/SERVICE/regions/none', 'Could not find region: none.'],
  ])('to %s is refused', async (place, message) => {
    for (const verb of ['GET', 'PUT', 'DELETE']) {
      const { status, body } = await ask(`${verb} ${root()}/${place.replace('SERVICE', `${service}`)}`)
      expect([status, body.error.message]).toEqual([404, message])
    }
  })
})

describe('who may', () => {
  const places = ['endpoints/none', 'services/none', 'services/none/regions/none'].map(
    place => `/v3/policies/none/OS-ENDPOINT-POLICY/${place}`,
  )
  test.each<[string, number, number, number]>([
    ['GET /v3/endpoints/none/OS-ENDPOINT-POLICY/policy', 403, 404, 404],
    ['GET /v3/policies/none/OS-ENDPOINT-POLICY/endpoints', 403, 404, 404],
    ...places.flatMap(place => [
      [`GET ${place}`, 403, 404, 404] satisfies [string, number, number, number],
      [`PUT ${place}`, 403, 403, 404] satisfies [string, number, number, number],
      [`DELETE ${place}`, 403, 403, 404] satisfies [string, number, number, number],
    ]),
  ])('%s: a stranger never, a member %i, a reader of the system %i, an admin %i', async (route, member, reader, admin) => {
    expect((await at.ask(route)).status).toBe(401)
    expect((await at.ask(route, { as: 'member' })).status).toBe(member)
    expect((await at.ask(route, { as: 'system-reader' })).status).toBe(reader)
    expect((await at.ask(route, { as: 'admin' })).status).toBe(admin)
  })
})
