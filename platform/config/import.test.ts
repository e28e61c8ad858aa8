import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { withSetting, writeSettings } from './edit.ts'
import { importFile, importTable } from './import.ts'
import { ip, list, oneOf, url } from './kinds.ts'
import { options } from './options.ts'

const declared = options({
  DEFAULT: {
    my_ip: ip({ default: '127.0.0.1', about: '' }),
    enabled_apis: list({ default: [], about: '' }),
    transport_url: url({ secret: true, about: '' }),
  },
  nova_database: { connection: url({ secret: true, about: '' }) },
  vnc: { server_listen: ip({ default: '127.0.0.1', about: '' }) },
  libvirt: { virt_type: oneOf(['kvm', 'qemu'], { default: 'qemu', about: '' }) },
})
const fixture = (name: string) => readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8')
const imported = (name: string) => importFile(fixture(name), '/etc/nova/nova.conf', declared)

test.each(['mitaka-controller', 'mitaka-compute', 'ocata-one-node', 'ubuntu-snippets'])('%s.conf: every key is explained', async name => {
  const { rows, settings, emptySections } = imported(`${name}.conf`)
  expect(rows.filter(({ outcome }) => outcome === 'unknown' || outcome === 'refused')).toEqual([])
  const written = settings.map(({ section, key, value }) => `[${section}] ${key} = ${value}`).join('\n')
  await expect(`${importTable({ rows, settings, emptySections })}\n\n${written}\n`).toMatchFileSnapshot(`./fixtures/${name}.imported.txt`)
})

test('a table never shows a password', () => {
  const { rows, settings, emptySections } = imported('ubuntu-snippets.conf')
  expect(importTable({ rows, settings, emptySections })).not.toContain(':password@')
})

test('a remark after a value is no part of it', () => {
  const { settings } = importFile('[DEFAULT]\nmy_ip = 192.0.2.1   #the management network\n', 'nova.conf', declared)
  expect(settings).toEqual([{ section: 'DEFAULT', key: 'my_ip', value: '192.0.2.1' }])
})

test("the broker's parts become one URL, with what needs escaping escaped", () => {
  const { settings } = importFile(
    '[oslo_messaging_rabbit]\nrabbit_hosts = a:5672, b\nrabbit_userid = u\nrabbit_password = p@/\n',
    'nova.conf',
    declared,
  )
  expect(settings).toEqual([{ section: 'DEFAULT', key: 'transport_url', value: 'rabbit://u:p%40%2F@a:5672,u:p%40%2F@b/' }])
})

test('a transport_url outweighs the parts', () => {
  const { rows } = importFile('[DEFAULT]\ntransport_url = rabbit://h\nrabbit_host = i\n', 'nova.conf', declared)
  expect(rows[1]).toMatchObject({ outcome: 'ignored', note: 'transport_url is set and says it all' })
})

test('a slip of the finger is unknown, with the nearest name', () => {
  const { rows } = importFile('[DEFAULT]\nenabeld_apis = metadata\n', 'nova.conf', declared)
  expect(rows[0]).toMatchObject({ outcome: 'unknown', note: 'did you mean [DEFAULT] enabled_apis?' })
})

test('a value that is not allowed is refused', () => {
  const { rows, settings } = importFile('[libvirt]\nvirt_type = zen\n', 'nova.conf', declared)
  expect([rows[0]?.outcome, settings]).toEqual(['refused', []])
})

test('each file of several services keeps its own database', () => {
  const keystone = importFile('[database]\nconnection = mysql+pymysql://k:k@db/keystone\n', '/etc/keystone/keystone.conf', declared)
  expect(keystone.settings[0]?.section).toBe('keystone_database')
})

test('a setting is changed in its place and the rest stays as it is', () => {
  const before = '# mine\n[DEFAULT]\nmy_ip = 1\nlong = a,\n  b\n\n[vnc]\n# end\n'
  expect(withSetting(before, { section: 'DEFAULT', key: 'long', value: 'c' })).toBe(
    '# mine\n[DEFAULT]\nmy_ip = 1\nlong = c\n\n[vnc]\n# end\n',
  )
  expect(withSetting(before, { section: 'DEFAULT', key: 'new', value: 'x' })).toBe(
    '# mine\n[DEFAULT]\nmy_ip = 1\nlong = a,\n  b\nnew = x\n\n[vnc]\n# end\n',
  )
  expect(withSetting(before, { section: 'vnc', key: 'enabled', value: 'true' })).toBe(`${before}enabled = true\n`)
  expect(withSetting('', { section: 'api', key: 'a', value: 'b' })).toBe('[api]\na = b\n')
  expect(withSetting('[a]\nx = 1\n', { section: 'b', key: 'y', value: '2' })).toBe('[a]\nx = 1\n\n[b]\ny = 2\n')
})

test("Kilonova's own file is for its owner only", () => {
  const dir = mkdtempSync(join(tmpdir(), 'kilonova-config-'))
  const file = join(dir, 'etc', 'kilonova.conf')
  writeSettings(file, [{ section: 'a', key: 'b', value: 'c' }])
  expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).toEqual(['[a]\nb = c\n', 0o600])
  rmSync(dir, { recursive: true })
})
