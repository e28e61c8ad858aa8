import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { systemClock } from '../clock.ts'
import { silentLog } from '../log/log.ts'
import { type Policy, policy } from '../policy/policy.ts'
import { type Database, openDatabase } from '../sql/database.ts'
import { changeEndpoint } from './change-endpoints.ts'
import { upgradeToChanges } from './change-socket.ts'
import { type Listening, listen } from './listener.ts'
import { openDoor } from './service.ts'
import { endpoint, query, serviceOf } from './testing.ts'

type Tables = Record<never, never>
const rules = { own: 'changes', all: 'changes:all' }
const cause = { requestId: 'req-1', why: 'a test' }

let db: Database<Tables>
let listening: Listening
let door: Awaited<ReturnType<typeof openDoor>>
beforeEach(async () => {
  db = await openDatabase<Tables>({ url: 'sqlite://', service: 'things', migrations: [], clock: systemClock, log: silentLog })
  const service = serviceOf([changeEndpoint('/changes', { endpoint, query }, db.changes, rules)], {
    microversions: undefined,
    policy: policy({
      defaults: { changes: { rule: 'project_id:%(project_id)s', about: '' }, 'changes:all': { rule: 'role:admin', about: '' } },
    }) as Policy,
  })
  door = await openDoor(service)
  listening = await listen({
    mounts: [
      {
        name: 'things',
        host: '127.0.0.1',
        port: 0,
        prefix: '',
        answer: (request, response) => door.routing(request, response),
        upgrade: upgradeToChanges({ ...service, path: '/changes', changes: db.changes, rules }),
      },
    ],
    health: async () => [],
    metrics: async () => '',
  })
})
afterEach(async () => {
  await listening.close(100)
  await door.close()
  await db.close()
})

/** Writes a thing of each project in turn. */
const writeThings = async (count: number, projects = ['p-1'], first = 0) => {
  for (let at = first; at < first + count; at++)
    await db.transaction(cause, tx =>
      tx.change({ kind: 'thing', id: `t-${at}`, act: 'created', projectId: projects[at % projects.length], after: { at } }, async () => {}),
    )
}
const ids = (count: number, first = 0) => Array.from({ length: count }, (_, at) => `t-${first + at}`)

interface Reading {
  readonly ids: string[]
  readonly last: () => string | undefined
  readonly ended: Promise<unknown>
  leave(): void
}

async function readEvents(path: string, headers: Record<string, string> = {}): Promise<Reading> {
  const asked: ClientRequest = request({
    host: '127.0.0.1',
    port: listening.portOf('things'),
    path,
    headers: { 'x-auth-token': 'member', ...headers },
  })
  asked.on('error', () => {}).end()
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  if (answer.statusCode !== 200) throw new Error(`answered ${answer.statusCode}`)
  const seen: string[] = []
  let last: string | undefined
  let rest = ''
  answer.setEncoding('utf8').on('data', (part: string) => {
    const events = (rest + part).split('\n\n')
    rest = events.pop() ?? ''
    for (const event of events) {
      const [, data] = /^data: (.*)$/m.exec(event) ?? []
      if (data === undefined) continue
      seen.push((JSON.parse(data) as { id: string }).id)
      last = /^id: (\d+)$/m.exec(event)?.[1]
    }
  })
  answer.on('error', () => {})
  return { ids: seen, last: () => last, ended: once(answer, 'end').catch(() => {}), leave: () => asked.destroy() }
}

async function readSocket(
  path: string,
  more: { token?: string; protocols?: string[] } = { token: 'member' },
): Promise<Reading & { socket: WebSocket }> {
  const headers = more.token === undefined ? {} : { 'x-auth-token': more.token }
  const socket = new WebSocket(`ws://127.0.0.1:${listening.portOf('things')}${path}`, more.protocols ?? [], { headers })
  const seen: string[] = []
  let last: string | undefined
  socket.on('message', (data: Buffer) => {
    const change = JSON.parse(data.toString()) as { id: string; offset: number }
    seen.push(change.id)
    last = String(change.offset)
  })
  const refused = once(socket, 'unexpected-response').then(([, answer]) => {
    throw new Error(`answered ${(answer as IncomingMessage).statusCode}`)
  })
  const ended = once(socket, 'close').then(([code]) => code)
  ended.catch(() => {})
  await Promise.race([once(socket, 'open'), refused])
  refused.catch(() => {})
  return { ids: seen, last: () => last, ended, leave: () => socket.terminate(), socket }
}

const ways = [
  ['server-sent events', (since: string | undefined) => readEvents(`/changes${since === undefined ? '' : `?since=${since}`}`)],
  ['a WebSocket', (since: string | undefined) => readSocket(`/changes${since === undefined ? '' : `?since=${since}`}`)],
] as const

describe.each(ways)('the change log over %s', (_, read) => {
  test('misses nothing and repeats nothing when it is left amid 1,000 writes and taken up again', async () => {
    const first = await read('0')
    const writing = writeThings(1000)
    await expect.poll(() => first.ids.length, { timeout: 10_000 }).toBeGreaterThan(100)
    first.leave()
    await writing
    const second = await read(first.last())
    await expect.poll(() => first.ids.length + second.ids.length, { timeout: 10_000 }).toBe(1000)
    expect([...first.ids, ...second.ids]).toEqual(ids(1000))
    second.leave()
  })

  test('begins at the head unless told', async () => {
    await writeThings(3)
    const reading = await read(undefined)
    await writeThings(2, ['p-1'], 3)
    await expect.poll(() => reading.ids).toEqual(ids(2, 3))
  })

  test('shows a project its own changes and none of others', async () => {
    const reading = await read('0')
    await writeThings(6, ['p-1', 'p-2'])
    await expect.poll(() => reading.ids).toEqual(['t-0', 't-2', 't-4'])
  })

  test('ends when the process stops, at once', async () => {
    const reading = await read('0')
    const began = performance.now()
    await listening.close(60_000)
    await reading.ended
    expect(performance.now() - began).toBeLessThan(5_000)
  })

  test('is refused where it was pruned', async () => {
    await writeThings(5)
    await db.changes.prune({ keepCount: 1 })
    await expect(read('1')).rejects.toThrow('answered 410')
  })

  test('has no offset that is not written yet', async () => {
    await expect(read('7')).rejects.toThrow('answered 400')
  })
})

describe('server-sent events', () => {
  test('resume where a browser was, though its URL says an older offset', async () => {
    await writeThings(5)
    const reading = await readEvents('/changes?since=0', { 'last-event-id': '3' })
    await expect.poll(() => reading.ids).toEqual(['t-3', 't-4'])
  })

  test('an empty Last-Event-ID is none', async () => {
    await writeThings(2)
    const reading = await readEvents('/changes?since=1', { 'last-event-id': '' })
    await expect.poll(() => reading.ids).toEqual(['t-1'])
  })

  test('show an administrator all projects, or the one that is named', async () => {
    await writeThings(4, ['p-1', 'p-2'])
    const all = await readEvents('/changes?since=0', { 'x-auth-token': 'admin' })
    await expect.poll(() => all.ids).toEqual(ids(4))
    const one = await readEvents('/changes?since=0&project_id=p-2', { 'x-auth-token': 'admin' })
    await expect.poll(() => one.ids).toEqual(['t-1', 't-3'])
  })

  test('a member who names another project still sees the own', async () => {
    await writeThings(4, ['p-1', 'p-2'])
    const reading = await readEvents('/changes?since=0&project_id=p-2')
    await expect.poll(() => reading.ids).toEqual(['t-0', 't-2'])
  })

  test('can be narrowed to a kind and to a thing', async () => {
    await writeThings(3)
    const one = await readEvents('/changes?since=0&kind=thing&id=t-1')
    await expect.poll(() => one.ids).toEqual(['t-1'])
  })
})

describe('a WebSocket', () => {
  test('takes a browser’s token beside its protocol, and does not repeat the token', async () => {
    await writeThings(1)
    const reading = await readSocket('/changes?since=0', { protocols: ['kilonova.changes', 'token.member'] })
    expect(reading.socket.protocol).toBe('kilonova.changes')
    await expect.poll(() => reading.ids).toEqual(['t-0'])
  })

  test.each([
    ['/changes', {}, 401],
    ['/changes', { token: 'nobody' }, 401],
    ['/elsewhere', { token: 'member' }, 404],
    ['/changes?since=x', { token: 'member' }, 400],
  ])('%s with %j is refused before it is one: %i', async (path, more, status) => {
    await expect(readSocket(path, more)).rejects.toThrow(`answered ${status}`)
  })

  test('says goodbye when the process stops', async () => {
    const reading = await readSocket('/changes')
    await listening.close(5_000)
    expect(await reading.ended).toBe(1001)
  })

  test('that is torn while it is being let in harms nobody', async () => {
    const socket = connect(listening.portOf('things'), '127.0.0.1').on('error', () => {})
    await once(socket, 'connect')
    const lines = ['GET /changes HTTP/1.1', 'Host: x', 'X-Auth-Token: member', 'Connection: Upgrade', 'Upgrade: websocket']
    socket.write([...lines, 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==', '', ''].join('\r\n'))
    socket.resetAndDestroy()
    expect((await readSocket('/changes')).socket.readyState).toBe(WebSocket.OPEN)
  })
})
