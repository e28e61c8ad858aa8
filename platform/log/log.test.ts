import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { causeFields, type LogWish, openLog } from './log.ts'
import { redact } from './redact.ts'
import { collectHops, traceTable } from './trace.ts'

const dirs: string[] = []
const newDir = () => {
  const dir = mkdtempSync(join(tmpdir(), 'kilonova-log-'))
  dirs.push(dir)
  return dir
}
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true })
})

let now = Date.UTC(2026, 0, 2, 3, 4, 5, 6)
const clock = { now: () => now }
const capture = (more: Partial<LogWish> = {}) => {
  const lines: string[] = []
  const log = openLog({ daemon: 'nova-api', terminal: 'json', clock, write: words => void lines.push(words), ...more })
  return { log, lines, first: () => JSON.parse(lines[0] ?? '') as Record<string, unknown> }
}

test('a line is JSON with its time, level, daemon, message and fields', () => {
  const { log, first } = capture()
  log.child(causeFields({ requestId: 'req-1', userId: 'u', why: 'x' })).info('booted', { instance_id: 'i-1' })
  expect(first()).toEqual({
    level: 'info',
    time: '2026-01-02T03:04:05.006Z',
    daemon: 'nova-api',
    request_id: 'req-1',
    user_id: 'u',
    instance_id: 'i-1',
    msg: 'booted',
  })
})

test('a person reads one plain line', () => {
  const { log, lines } = capture({ terminal: 'human', colour: false })
  log.warn('host is slow', { request_id: 'req-1', host: 'node 1', ms: 3 })
  expect(lines[0]).toBe('03:04:05.006 WARN  nova-api       host is slow host="node 1" ms=3 [req-1]\n')
})

test('an error is written with its stack and its causes', () => {
  const { log, first } = capture()
  log.error('it broke', { error: new Error('outer', { cause: new Error('inner') }) })
  expect(first()['error']).toMatchObject({ message: 'outer', cause: { message: 'inner' } })
})

test('debug is quiet unless it is wanted', () => {
  const { log, lines } = capture()
  log.debug('detail')
  expect(lines).toEqual([])
})

test('secrets are hidden by name and by their looks, wherever they stand', () => {
  const { log, lines } = capture()
  const token = `gAAAAABm${'x'.repeat(120)}`
  log.info(`asked with X-Auth-Token: ${token} at http://h/?password=hidden1&a=b`, {
    'X-Auth-Token': 'hidden2',
    body: { auth: { identity: { password: { user: { password: 'hid"den3' } } } }, server: { adminPass: 'hidden4' } },
    raw: JSON.stringify({ user: { password: 'hidden5', name: 'kept' } }),
    url: 'mysql+pymysql://nova:hidden6@controller/nova',
    transport: 'rabbit://a:hidden7@h1,b:hidden8@h2/',
    error: new Error('cannot reach postgresql://u:hidden9@db'),
    secret: 12345,
    kept: 'token flat',
  })
  expect(lines[0]).not.toMatch(/hidden|hid\\"den|gAAAA|12345/)
  expect(lines[0]).toMatch(/kept.*token flat/)
  expect(() => JSON.parse(lines[0] ?? '')).not.toThrow()
})

test('a line without secrets passes as it is', () => {
  const line = '{"level":"info","msg":"GET http://127.0.0.1:5000/v3/projects 200","time":"12:00:01"}\n'
  expect(redact(line)).toBe(line)
})

test('files are renamed when they are full and old ones go', () => {
  const dir = newDir()
  const { log } = capture({ dir, terminal: 'none', maxBytes: 400, keep: 2 })
  for (let count = 0; count < 20; count++) {
    log.info(`line ${count} ${'.'.repeat(50)}`)
    log.flush()
  }
  log.close()
  expect(readdirSync(dir).sort()).toEqual(['nova-api.log', 'nova-api.log.1', 'nova-api.log.2'])
  expect(readFileSync(join(dir, 'nova-api.log'), 'utf8')).toContain('line 19')
  expect(readFileSync(join(dir, 'nova-api.log.1'), 'utf8').length).toBeLessThanOrEqual(400)
})

test('an error is on disk at once', () => {
  const dir = newDir()
  const { log } = capture({ dir, terminal: 'none' })
  log.error('it broke')
  expect(readFileSync(join(dir, 'nova-api.log'), 'utf8')).toContain('"level":"error"')
  log.close()
})

test("a request's way is put together from all daemons in the order of time", async () => {
  const dir = newDir()
  const api = openLog({ daemon: 'nova-api', dir, terminal: 'none', clock })
  const compute = openLog({ daemon: 'nova-compute', dir, terminal: 'none', clock })
  const start = now
  api.info('answered', { hop: 'http.request', request_id: 'req-7', ms: 1.84, what: 'POST /servers 202' })
  now = start + 12
  compute.info('started', { hop: 'task.step', request_id: 'req-7', what: 'start the guest' })
  now = start + 5
  api.info('asked', { hop: 'bus.ask', global_request_id: 'req-7', request_id: 'req-8' })
  api.info('other', { request_id: 'req-9' })
  api.close()
  compute.close()
  now = start
  const hops = await collectHops(dir, 'req-7')
  expect(traceTable(hops).split('\n')).toEqual([
    'time          +ms  daemon        hop           what',
    '03:04:05.006  +0   nova-api      http.request  answered POST /servers 202 (1.8 ms)',
    '03:04:05.011  +5   nova-api      bus.ask       asked',
    '03:04:05.018  +12  nova-compute  task.step     started start the guest',
  ])
})
