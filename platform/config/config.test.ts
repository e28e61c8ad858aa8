import { expect, test } from 'vitest'
import { Refusal } from '../refusal.ts'
import { readConfig } from './config.ts'
import { parseIni, splitInlineComment } from './ini.ts'
import { boolean, duration, integer, ip, list, many, oneOf, path, port, secret, text, url } from './kinds.ts'
import { editDistance } from './near.ts'
import { options } from './options.ts'
import type { Sources, Wanted } from './sources.ts'
import { readSources } from './sources.ts'

const declared = options({
  DEFAULT: {
    my_ip: ip({ default: '127.0.0.1', about: 'the address others reach this host by' }),
    enabled_apis: list({ default: ['osapi_compute', 'metadata'], of: ['osapi_compute', 'metadata'], about: 'the doors that are open' }),
    debug: boolean({ default: false, about: 'log more' }),
    osapi_compute_listen_port: port({ default: 8774, about: 'where compute listens' }),
    filters: many({ default: [], about: 'filters' }),
    report_interval: duration({ default: 10_000, about: 'how often a host reports' }),
  },
  database: {
    connection: url({ schemes: ['mysql+pymysql', 'sqlite'], formerly: ['DEFAULT.sql_connection'], secret: true, about: 'the database' }),
    max_pool_size: integer({ default: 5, min: 1, max: 100, about: 'connections' }),
  },
  vnc: {
    server_listen: ip({ default: '$my_ip', formerly: ['vncserver_listen'], about: 'where QEMU listens' }),
    base: text({ default: 'http://${DEFAULT.my_ip}:6080/', about: 'what browsers are sent to' }),
  },
  neutron: { metadata_proxy_shared_secret: secret({ about: 'shared with the metadata agent' }) },
  libvirt: { virt_type: oneOf(['kvm', 'qemu'], { default: 'qemu', about: 'how guests run' }) },
})

const from = (ini: string, more: Wanted = {}): Sources => {
  const parsed = parseIni(ini, 'nova.conf')
  const others = readSources(more)
  const said = parsed.entries.map(({ section, key, value, file, line }) => ({
    section,
    key,
    value,
    origin: { from: 'file' as const, place: `${file}:${line}` },
  }))
  return { ...others, said: [...said, ...others.said], faults: [...parsed.faults, ...others.faults] }
}
const read = (ini: string, more: Wanted = {}) => readConfig(declared, from(ini, more))
const refusal = (ini: string, more: Wanted = {}): string => {
  try {
    read(ini, more)
  } catch (error) {
    if (error instanceof Refusal) return error.message
    throw error
  }
  return 'accepted'
}

test('a file is read as oslo.config reads it', () => {
  const { entries, sections, faults } = parseIni(
    `# a comment\n; another\nfirst = 1\n[a]\n[b] # said aside\nurl: http://x/?a=b;c#d\nquoted = " two "\nlong = one,\n  two,\n\tthree\n\nkey = a\nkey = b\nempty =\n`,
    'x.conf',
  )
  expect(faults).toEqual([])
  expect(sections.map(({ name }) => name)).toEqual(['a', 'b'])
  expect(entries.map(({ section, key, value, line }) => [section, key, value, line])).toEqual([
    ['DEFAULT', 'first', '1', 3],
    ['b', 'url', 'http://x/?a=b;c#d', 6],
    ['b', 'quoted', ' two ', 7],
    ['b', 'long', 'one,\ntwo,\nthree', 8],
    ['b', 'key', 'a', 12],
    ['b', 'key', 'b', 13],
    ['b', 'empty', '', 14],
  ])
})

test('what is no line of a configuration file is named by file and line', () => {
  expect(refusal('[DEFAULT\nmy_ip\n= 3\n')).toBe(
    'nova.conf:1: a section is written [name].\nnova.conf:2: a line is written key = value.\nnova.conf:3: the key before the = is missing.',
  )
})

test('values have their types, the last of a repeated key wins, a key of many keeps all', () => {
  const { values } = read(
    '[DEFAULT]\ndebug = yes\ndebug = off\nenabled_apis = metadata\nfilters = a\nfilters = b\nreport_interval = 5m\n[database]\nmax_pool_size=7',
  )
  expect(values.DEFAULT).toMatchObject({ debug: false, enabled_apis: ['metadata'], filters: ['a', 'b'], report_interval: 300_000 })
  expect(values.database).toEqual({ connection: undefined, max_pool_size: 7 })
  expect(values.DEFAULT.osapi_compute_listen_port).toBe(8774)
})

test('an option refers to others with a dollar sign, in files and in defaults', () => {
  const { values } = read('[DEFAULT]\nmy_ip = 192.0.2.7\n[vnc]\nserver_listen = $my_ip\n[neutron]\nmetadata_proxy_shared_secret = pa$$word')
  expect(values.vnc).toEqual({ server_listen: '192.0.2.7', base: 'http://192.0.2.7:6080/' })
  expect(values.neutron.metadata_proxy_shared_secret).toBe('pa$word')
  expect(read('[vnc]\nbase = ${database.max_pool_size} $nobody').values.vnc.base).toBe('5 $nobody')
})

test('options that refer to each other in a circle end', () => {
  expect(read('[vnc]\nbase = $base').values.vnc.base).toContain('$base')
})

test('the environment outweighs files and flags outweigh both', () => {
  const more = {
    environment: { KILONOVA_DEFAULT__MY_IP: '192.0.2.8', KILONOVA_DATABASE__MAX_POOL_SIZE: '9', KILONOVA_HOME: '/x' },
    flags: ['my_ip=192.0.2.9'],
  }
  const { values, remarks } = read('[DEFAULT]\nmy_ip = 192.0.2.7', more)
  expect([values.DEFAULT.my_ip, values.database.max_pool_size, remarks]).toEqual(['192.0.2.9', 9, []])
})

test('every wrong value is named with its place, what is allowed and what to do', () => {
  expect(refusal('[DEFAULT]\nosapi_compute_listen_port = 90000\n[libvirt]\nvirt_type = xen').split('\n')).toEqual([
    'nova.conf:2: [DEFAULT] osapi_compute_listen_port = "90000" is not allowed: it must be a port, a whole number from 1 to 65535. Change it there, or leave it out for the default, 8774.',
    'nova.conf:4: [libvirt] virt_type = "xen" is not allowed: it must be one of kvm, qemu. Change it there, or leave it out for the default, qemu.',
  ])
})

test('a wrong value never shows a password', () => {
  expect(refusal('[database]\nconnection = mongodb://nova:hidden@db/nova')).toBe(
    'nova.conf:2: [database] connection = "mongodb://nova:***@db/nova" is not allowed: mongodb is not supported, it must be a URL that begins with mysql+pymysql:// or sqlite://. Change it there.',
  )
})

test('a comment after a value is part of it, and that is said', () => {
  expect(refusal('[DEFAULT]\nmy_ip = 192.0.2.7   # the management network')).toContain('put the comment on a line of its own')
  expect(read('[neutron]\nmetadata_proxy_shared_secret = a #b').remarks).toEqual([
    'nova.conf:2: [neutron] metadata_proxy_shared_secret contains " #": all of it is the value. A comment stands on a line of its own.',
  ])
  expect(splitInlineComment('henry #my password')).toEqual({ value: 'henry', comment: '#my password' })
  expect(splitInlineComment('pass#word')).toBeUndefined()
})

test('an unknown key is one line with the nearest name; sections people merely have are passed over', () => {
  const { remarks } = read('[DEFAULT]\nmy_pi = 192.0.2.1\nrpc_backend = rabbit\n[cells]\nenable = False\n[vnc]\nzzz = 1')
  expect(remarks).toEqual([
    'nova.conf:2: [DEFAULT] my_pi is no option of Kilonova; it is ignored. Did you mean [DEFAULT] my_ip?',
    'nova.conf:7: [vnc] zzz is no option of Kilonova; it is ignored.',
  ])
})

test('a former name is read and its new one is said', () => {
  const { values, remarks } = read('[DEFAULT]\nsql_connection = sqlite:////x\n[vnc]\nvncserver_listen = 0.0.0.0')
  expect([values.database.connection, values.vnc.server_listen]).toEqual(['sqlite:////x', '0.0.0.0'])
  expect(remarks[1]).toBe('nova.conf:4: [vnc] vncserver_listen is now called [vnc] server_listen; it is still read.')
})

test('what was read can be shown without secrets, with its places', () => {
  const { shown } = read('[database]\nconnection = mysql+pymysql://nova:hidden@db/nova\n[neutron]\nmetadata_proxy_shared_secret = hidden')
  expect(shown.find(({ name }) => name === 'database.connection')).toEqual({
    name: 'database.connection',
    value: 'mysql+pymysql://nova:***@db/nova',
    place: 'nova.conf:2',
  })
  expect(JSON.stringify(shown)).not.toContain('hidden')
})

test('one slip of the finger is one step', () => {
  expect([editDistance('my_pi', 'my_ip'), editDistance('kitten', 'sitting'), editDistance('', 'ab')]).toEqual([1, 3, 2])
})

test('a path is absolute', () => {
  const kept = options({ DEFAULT: { state_path: path({ default: '/var/lib/nova', about: 'where guests are kept' }) } })
  expect(readConfig(kept, from('')).values.DEFAULT.state_path).toBe('/var/lib/nova')
  expect(() => readConfig(kept, from('[DEFAULT]\nstate_path = lib'))).toThrow('it must be an absolute path')
})
