import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { get } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cloud, fieldsOf, run, startCloud } from './kit/cloud.ts'

/** Two lines of configuration, and clients that look at certificates. */
const dir = mkdtempSync(join(tmpdir(), 'kilonova-certificate-'))
const [cert, key] = [join(dir, 'cloud.pem'), join(dir, 'cloud.key')]
let cloud: Cloud
let opened: Cloud | undefined
beforeAll(async () => {
  const words = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=cloud -addext subjectAltName=IP:127.0.0.1`
  const made = await run('openssl', [...words.split(' '), '-keyout', key, '-out', cert])
  if (made.code !== 0) throw new Error(`openssl (package openssl) made no certificate: ${made.err}`)
  cloud = opened = await startCloud({ services: 'keystone', flags: [`ssl.cert_file=${cert}`, `ssl.key_file=${key}`] })
})
afterAll(async () => {
  rmSync(dir, { recursive: true })
  await opened?.close()
})

test('every URL is https, and clients are told what to trust', async () => {
  const url = `https://127.0.0.1:${cloud.port}/identity/v3`
  expect(cloud.said).toContain(url)
  expect(readFileSync(join(cloud.home, 'admin-openrc'), 'utf8')).toContain(`export OS_CACERT=${cert}\nexport OS_REGION_NAME`)
  expect(readFileSync(join(cloud.home, 'clouds.yaml'), 'utf8')).toContain(`cacert: "${cert}"`)
  expect((await cloud.shell('openstack catalog show identity')).out).toContain(`public: ${url}`)
  expect((await cloud.kilonova('status')).out).toContain(`ok      ${url}`)
})

test('the openstack command trusts the certificate it was told of, and no other', async () => {
  expect(Object.keys(fieldsOf((await cloud.shell('openstack token issue')).out))).toContain('user_id')
  const blind = await cloud.shell('unset OS_CACERT; openstack token issue')
  expect(blind.code).toBe(1)
  expect(blind.err).toMatch(/certificate verify failed/i)
})

test('the links that a service writes are https too', async () => {
  const root = `https://127.0.0.1:${cloud.port}/identity/v3`
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  get(root, { ca: readFileSync(cert) }, response => void json(response).then(resolve, reject)).once('error', reject)
  expect(await promise).toMatchObject({ version: { links: [{ rel: 'self', href: `${root}/` }] } })
})
