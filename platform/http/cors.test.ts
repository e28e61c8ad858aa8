import { afterEach, describe, expect, test } from 'vitest'
import type { Cors } from './cors.ts'
import { doorOf, endpoint } from './testing.ts'

const things = endpoint('GET /things', { summary: 'x', policy: 'all', status: 204, run: () => {} })
let close: () => Promise<void> = async () => {}
afterEach(() => close())
const knock = async (cors: Cors | undefined, route: string, headers: Record<string, string>) => {
  const door = await doorOf([things], { cors })
  close = door.close
  return door.ask(route, { as: 'member', headers })
}
const page = 'https://console.example.org'
const preflight = { origin: page, 'access-control-request-method': 'GET', 'access-control-request-headers': 'x-auth-token' }

describe('a page of another origin', () => {
  test('is not let in unless it is named', async () => {
    expect((await knock(undefined, 'GET /things', { origin: page })).headers).not.toHaveProperty('access-control-allow-origin')
    await close()
    const cors = { allowedOrigins: ['https://other.example.org'] }
    expect((await knock(cors, 'GET /things', { origin: page })).headers).not.toHaveProperty('access-control-allow-origin')
  })

  test('that is named may call and read what clients need', async () => {
    const { headers } = await knock({ allowedOrigins: [page], exposeHeaders: ['X-More'] }, 'GET /things', { origin: page })
    expect(headers).toMatchObject({ 'access-control-allow-origin': page, 'access-control-allow-credentials': 'true' })
    expect(headers['access-control-expose-headers']).toMatch(/X-Subject-Token.*X-More/)
  })

  test('asks before it sends a token, and needs none to ask', async () => {
    const { status, headers } = await knock({ allowedOrigins: [page], maxAgeS: 60 }, 'OPTIONS /things', preflight)
    expect(status).toBe(204)
    expect(headers).toMatchObject({ 'access-control-allow-headers': 'x-auth-token', 'access-control-max-age': '60' })
  })

  test('with credentials is named even where all are let in', async () => {
    const { headers } = await knock({ allowedOrigins: ['*'], allowCredentials: true }, 'GET /things', { origin: page })
    expect(headers['access-control-allow-origin']).toBe(page)
    await close()
    expect((await knock({ allowedOrigins: ['*'] }, 'GET /things', { origin: page })).headers).toMatchObject({
      'access-control-allow-origin': '*',
    })
  })
})
