import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:https'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { rightsOf } from './globals.ts'
import { thisHost } from './host.ts'
import { placesOf } from './places.ts'
import { readSettings } from './settings.ts'
import { bornAt, writeRunning } from './running.ts'
import { readTls, trustOf } from './tls.ts'
import { netTrace } from './verbs/net-trace.ts'

const dir = mkdtempSync(join(tmpdir(), 'kilonova-tls-'))
const file = (name: string) => join(dir, name)
const [cert, key] = [file('cloud.pem'), file('cloud.key')]
const openssl = async (words: string) => {
  const { code, err } = await thisHost.run('openssl', words.split(' '))
  if (code !== 0) throw new Error(`openssl (package openssl): ${err}`)
}
const newKey = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'

beforeAll(() => openssl(`req -x509 ${newKey} -days 30 -subj /CN=cloud -addext subjectAltName=IP:127.0.0.1 -keyout ${key} -out ${cert}`))
afterAll(() => rmSync(dir, { recursive: true }))

const read = (flags: readonly string[], nowMs = Date.now()) =>
  readTls(readSettings(placesOf({ home: dir, isRoot: true }), flags, {}).settings, thisHost, nowMs)
const both = [`ssl.cert_file=${cert}`, `ssl.key_file=${key}`]

test('without certificate and key the doors speak http', () => {
  expect(read([])).toBeUndefined()
})

test('a certificate that signed itself is what clients are told to trust', () => {
  expect(read(both)).toEqual({ cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8'), trust: cert, remarks: [] })
})

test('one signed by another is trusted by its authority, where that is named', async () => {
  const [signed, itsKey, request, config] = [file('signed.pem'), file('signed.key'), file('signed.csr'), file('signed.ext')]
  writeFileSync(config, 'subjectAltName=IP:127.0.0.1\n')
  await openssl(`req -new ${newKey} -subj /CN=signed -keyout ${itsKey} -out ${request}`)
  await openssl(`x509 -req -in ${request} -CA ${cert} -CAkey ${key} -CAcreateserial -days 30 -extfile ${config} -out ${signed}`)
  const flags = [`ssl.cert_file=${signed}`, `ssl.key_file=${itsKey}`]
  expect(read(flags)?.trust).toBeUndefined()
  expect(read([...flags, `ssl.ca_file=${cert}`])?.trust).toBe(cert)
})

test('a host without doors trusts the authority of the cloud’s, and says when it cannot be read', () => {
  const trustWith = (...flags: readonly string[]) => {
    const { settings } = readSettings(placesOf({ home: dir, isRoot: true }), flags, {})
    return trustOf(settings, readTls(settings, thisHost, Date.now()), thisHost)
  }
  expect(trustWith()).toBeUndefined()
  expect(trustWith(`ssl.ca_file=${cert}`)).toBe(cert)
  expect(() => trustWith(`ssl.ca_file=${dir}/none`)).toThrow(`[ssl] ca_file = ${dir}/none cannot be read`)
})

test('what cannot serve is refused in one line with the option, the file and what mends it', () => {
  const other = file('other.key')
  writeFileSync(other, generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }))
  const later = Date.now() + 31 * 86_400_000
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10)
  expect(() => read([`ssl.cert_file=${cert}`])).toThrow(
    '[ssl] cert_file is set and key_file is not: set both for https, or neither for http.',
  )
  expect(() => read([`ssl.key_file=${key}`])).toThrow('[ssl] key_file is set and cert_file is not')
  expect(() => read([`ssl.cert_file=${dir}/none`, `ssl.key_file=${key}`])).toThrow(
    `[ssl] cert_file = ${dir}/none cannot be read: check the path, and that this user may read it.`,
  )
  expect(() => read([`ssl.cert_file=${key}`, `ssl.key_file=${key}`])).toThrow(`[ssl] cert_file = ${key} holds no certificate: `)
  expect(() => read([`ssl.cert_file=${cert}`, `ssl.key_file=${cert}`])).toThrow(`[ssl] key_file = ${cert} holds no private key: `)
  expect(() => read([`ssl.cert_file=${cert}`, `ssl.key_file=${other}`])).toThrow(
    `[ssl] key_file = ${other} does not belong to the certificate in ${cert}: name the key the certificate was made with.`,
  )
  expect(() => read(both, later)).toThrow(
    `[ssl] cert_file = ${cert} expired on ${day(Date.now() + 30 * 86_400_000)}: renew the certificate.`,
  )
  expect(() => read(both, Date.now() - 86_400_000)).toThrow('is valid only from')
})

test('a certificate that will soon end, or is for another host, is remarked upon', () => {
  expect(read(both, Date.now() + 20 * 86_400_000)?.remarks.map(({ remedy }) => remedy)).toEqual([
    'renew the certificate, then kilonova down and up',
  ])
  expect(read([...both, 'my_ip=192.0.2.4'])?.remarks).toEqual([
    {
      says: `[ssl] cert_file = ${cert} is not for 192.0.2.4, the host in every URL: clients will refuse it`,
      remedy: 'make one with subjectAltName = IP:192.0.2.4, or set public_host to a name in it',
    },
  ])
})

/** A door that shows the certificate, and answers who signs in and who asks where packets get to. */
async function aDoor(): Promise<string> {
  const trace = { from: 'vm1', to: 'outside', arrives: true, conclusion: 'It arrives.', hops: [], probes: [] }
  const door = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, ({ url }, response) => {
    const isSigningIn = url?.endsWith('/auth/tokens') === true
    response.writeHead(isSigningIn ? 201 : 200, { 'content-type': 'application/json', 'x-subject-token': 'a token' })
    response.end(JSON.stringify(isSigningIn ? {} : { trace }))
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  door.listen(0, '127.0.0.1', resolve)
  await promise
  onTestFinished(() => void door.close())
  return `https://127.0.0.1:${(door.address() as AddressInfo).port}`
}

test('who asks where packets get to trusts the certificate of the cloud', async () => {
  const trusted = getCACertificates('default')
  onTestFinished(() => setDefaultCACertificates(trusted))
  const printed: string[] = []
  const said: string[] = []
  const rights = {
    ...rightsOf({ home: dir, set: both }),
    print: (line: string) => printed.push(line),
    say: (line: string) => said.push(line),
  }
  const url = await aDoor()
  const doors = ['keystone', 'neutron'].map(name => ({ name, type: name, host: '127.0.0.1', port: 0, url }))
  writeRunning(rights.places.running, { pid: process.pid, born: bornAt(thisHost, process.pid) ?? '', since: '', serving: true, doors })
  expect([await netTrace(rights, ['vm1', 'outside'], {}), said]).toEqual([0, []])
  expect(printed.join('\n')).toContain('It arrives.')
})
