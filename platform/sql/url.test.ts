import { expect, test } from 'vitest'
import { ConfigError } from './config-error.ts'
import { parsePlace, shownPlace } from './url.ts'

const option = '[database] connection'
const parse = (url: string) => parsePlace(url, option)

test('a URL is read as OpenStack writes it', () => {
  expect(parse('mysql+pymysql://keystone:KEYSTONE_DBPASS@controller/keystone?charset=utf8')).toMatchObject({
    dialect: 'mysql',
    host: 'controller',
    port: 3306,
    user: 'keystone',
    password: 'KEYSTONE_DBPASS',
    database: 'keystone',
    tls: undefined,
  })
  expect(parse('mysql://root@[::1]:3307/nova')).toMatchObject({ host: '::1', port: 3307, user: 'root', password: '' })
  expect(parse('postgresql+psycopg2://u:p@db/cinder')).toMatchObject({ dialect: 'postgres', port: 5432, host: 'db' })
  expect(parse('mysql+pymysql://u:p@/nova?unix_socket=/run/mysqld/mysqld.sock')).toMatchObject({ socket: '/run/mysqld/mysqld.sock' })
})

test('a password may hold anything, encoded or not', () => {
  expect(parse('mysql://u:a%40b%2Fc%25@h/d')).toMatchObject({ password: 'a@b/c%' })
  expect(parse('mysql://u:a@b/c:d@h/d')).toMatchObject({ password: 'a@b/c:d', host: 'h', database: 'd' })
})

test('a file is absolute with four slashes, relative with three, and none is memory', () => {
  expect(parse('sqlite:////var/lib/kilonova/identity.db')).toEqual({
    dialect: 'sqlite',
    path: '/var/lib/kilonova/identity.db',
    synchronous: 'normal',
  })
  expect(parse('sqlite:///identity.db?synchronous=full')).toEqual({ dialect: 'sqlite', path: 'identity.db', synchronous: 'full' })
  expect([parse('sqlite://'), parse('sqlite:///:memory:')].map(place => 'path' in place && place.path)).toEqual([undefined, undefined])
})

test('the server is proved by a certificate where the URL names one', () => {
  expect(parse('mysql+pymysql://u:p@h/d?ssl_ca=/etc/ca.pem')).toMatchObject({ tls: { ca: '/etc/ca.pem', verify: true } })
  expect(parse('postgresql://u:p@h/d?sslmode=require')).toMatchObject({ tls: { ca: undefined, verify: false } })
  expect(parse('postgresql://u:p@h/d?sslmode=verify-full&sslrootcert=/c')).toMatchObject({ tls: { ca: '/c', verify: true } })
})

test('what cannot be read is said in one line with the option and without the password', () => {
  const urls = [
    'mongodb://u:s3cret@h/d',
    's3cret',
    'mysql://u:s3cret@h',
    'mysql://u:s3cret@h:99999/d',
    'mysql://u:%zzs3cret@h/d',
    'sqlite://h/s',
  ]
  for (const url of urls) {
    const error = (() => {
      try {
        return parse(url)
      } catch (thrown) {
        return thrown
      }
    })()
    expect(error).toBeInstanceOf(ConfigError)
    expect((error as ConfigError).message).toMatch(/^\[database\] connection [^\n]*\.$/)
    expect((error as ConfigError).message).not.toContain('s3cret')
  }
  expect(() => parse('mongodb://u:s3cret@h/d')).toThrow('"mongodb", which is not supported')
  expect(shownPlace(parse('mysql://u:s3cret@h/d'))).toBe('mysql://u@h:3306/d')
})
