import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { get } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { open } from './endpoint.ts'
import { listen } from './listener.ts'
import { openDoor } from './service.ts'
import { text } from './shape.ts'
import { endpoint, serviceOf, view } from './testing.ts'
import { shows } from './view.ts'

test('a door with a certificate speaks TLS, and its links say so', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kilonova-tls-'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
  const made = [
    'req',
    '-x509',
    ...ec,
    '-nodes',
    '-keyout',
    key,
    '-out',
    cert,
    '-days',
    '2',
    '-subj',
    '/CN=localhost',
    '-addext',
    'subjectAltName=IP:127.0.0.1',
  ]
  execFileSync('openssl', made, { stdio: 'ignore' })
  const base = view(null, { base: shows<string>()(text(), one => one) })
  const door = await openDoor(
    serviceOf([endpoint('GET /', { summary: 'x', policy: open('x'), status: 200, view: base, run: ({ base }) => base })]),
  )
  const listening = await listen({
    mounts: [{ name: 'things', host: '127.0.0.1', port: 0, prefix: '', answer: (request, response) => door.routing(request, response) }],
    tls: { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') },
    health: async () => [],
    metrics: async () => '',
  })
  const url = `https://127.0.0.1:${listening.portOf('things')}`
  const answer = await new Promise<string>((resolve, reject) => {
    get(url, { ca: readFileSync(cert), agent: false }, response => resolve(textOf(response))).on('error', reject)
  })
  expect(JSON.parse(answer)).toEqual({ base: url })
  await listening.close()
  await door.close()
  rmSync(folder, { recursive: true })
})
