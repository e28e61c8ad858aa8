import { describe, expect, test } from 'vitest'
import { found } from './found.ts'
import { complaintOf, type Reply } from './judge.ts'
import { type Operation, type Shot, shotOf } from './shot.ts'

const operation: Operation = {
  method: 'POST',
  path: '/v3/regions/{region_id}',
  query: [{ name: 'limit', schema: { type: 'integer' } }],
  bodies: [{ type: 'object', properties: { region: { type: 'object', properties: { id: { type: 'string' } } } }, required: ['region'] }],
  answers: { '200': { type: 'object', required: ['region'] } },
}
const shot: Shot = { number: 0, operation, method: 'POST', url: '/v3/regions/a', headers: {}, body: undefined }
const headers = { 'x-openstack-request-id': 'req-5c242396-3c7b-4bc6-bec1-3df8eb57d53d' }
const judge = (reply: Partial<Reply> & { body?: unknown }, allowed: number[] = []) =>
  complaintOf(
    { service: 'keystone', version: 'v3.14' },
    shot,
    { status: 200, headers, text: JSON.stringify(reply.body), ...reply },
    allowed,
  )
const fault = (code: number, message: string) => ({ status: code, body: { error: { code, message, title: 'x' } } })

describe('an answer', () => {
  test('as it must be is not complained about', () => {
    expect(judge({ body: { region: {} } })).toBe(undefined)
    expect(judge(fault(404, 'Could not find region: a.'))).toBe(undefined)
  })

  test.each([
    ['a defect', fault(500, 'x'), 'answered 500'],
    ['an outage nobody injected', fault(503, 'x'), 'answered 503'],
    ['without a request id', { headers: {}, body: { region: {} } }, 'has no request id'],
    ['in a strange dialect', { status: 404, body: { message: 'x' } }, 'is a 404 in a strange dialect'],
    [
      'whose code is not its status',
      { status: 404, body: { error: { code: 400, message: 'x', title: 'x' } } },
      'is a 404 in a strange dialect',
    ],
    ['that is HTML', { status: 404, text: '<html>' }, 'is a 404 that is no JSON'],
    ['with SQL', fault(400, 'select * from "user" where x'), 'lets something out: select * from "u'],
    ['with a stack', fault(400, 'at store.ts:12:3'), 'lets something out: .ts:12'],
    ['with a path of the machine', fault(400, '/home/someone/x'), 'lets something out: /home/someone'],
    ['that the document does not describe', { body: { area: {} } }, "is not what the document says:  must have required property 'region'"],
    ['that is empty', { text: '' }, 'answers nothing where the document promises something'],
  ])('%s is complained about', (_, reply, complaint) => {
    expect(judge(reply)).toBe(complaint)
  })

  test('of 503 is fine where outages are injected', () => {
    expect(judge(fault(503, 'Later.'), [503])).toBe(undefined)
  })
})

describe('a shot', () => {
  const target = { operations: [operation], token: 't', microversion: undefined, known: found() }

  test('is the same for the same seed and number, and others are others', () => {
    expect(shotOf(target, 1, 7)).toEqual(shotOf(target, 1, 7))
    const urls = new Set(Array.from({ length: 100 }, (_, number) => shotOf(target, 1, number).url))
    expect(urls.size).toBeGreaterThan(50)
  })

  test('names what was made before where an id of its kind is asked for', () => {
    const known = found()
    known.remember({ region: { id: 'made' } })
    const urls = Array.from({ length: 100 }, (_, number) => shotOf({ ...target, known }, 1, number).url)
    expect(urls.filter(url => url.startsWith('/v3/regions/made')).length).toBeGreaterThan(30)
  })
})
