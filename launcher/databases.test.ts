import { expect, test } from 'vitest'
import { databaseOf } from './databases.ts'
import { placesOf } from './places.ts'
import { readSettings } from './settings.ts'

const places = placesOf({ home: '/srv/c', isRoot: true })
const of = (...flags: string[]) => databaseOf('nova', readSettings(places, flags, {}).settings, places)

test('without a word a service has a file of its own in the home', () => {
  expect(of()).toEqual({ url: 'sqlite:////srv/c/nova.db', option: '[nova_database] connection' })
})

test('on a shared server each service has a database of its name', () => {
  expect(of('database.connection=mysql+pymysql://root:p/w@db/?charset=utf8').url).toBe('mysql+pymysql://root:p/w@db/nova?charset=utf8')
  expect(of('database.connection=postgresql://u@db:5433').url).toBe('postgresql://u@db:5433/nova')
  expect(of('database.connection=sqlite:////data/all.db').url).toBe('sqlite:////data/nova.db')
})

test("a service's own database outweighs the shared one", () => {
  expect(of('database.connection=mysql://db/', 'nova_database.connection=mysql://u:p@h/n')).toEqual({
    url: 'mysql://u:p@h/n',
    option: '[nova_database] connection',
  })
})
