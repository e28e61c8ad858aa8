import { expect, test } from 'vitest'
import { systemClock } from '../clock.ts'
import { silentLog } from '../log/log.ts'
import { ConfigError } from './config-error.ts'
import { openDatabase } from './database.ts'
import { explained } from './explain.ts'
import { parsePlace, type ServerPlace } from './url.ts'

const option = '[database] connection'
const place = parsePlace('mysql+pymysql://nova:s3cret@controler/nova', option) as ServerPlace
const say = (error: object, hosts = ['localhost', 'controller']) => explained(place, option, error, hosts).message

test('a host that cannot be resolved is named with the resolver’s words and the name that was meant', () => {
  const error = { code: 'ENOTFOUND', message: 'getaddrinfo ENOTFOUND controler' }
  expect(say(error)).toBe(
    '[database] connection = mysql://nova@controler:3306/nova: the host "controler" cannot be resolved (getaddrinfo ENOTFOUND controler). ' +
      'Did you mean "controller", which is in /etc/hosts?',
  )
  expect(say(error, ['localhost'])).toContain('Correct the host, or add it to /etc/hosts.')
})

test('each way to fail names its remedy, in one line and without the password', () => {
  const said = [
    say({ code: 'ECONNREFUSED', message: 'connect ECONNREFUSED\n127.0.0.1:3306' }),
    say({ code: 'ETIMEDOUT', message: 'connect ETIMEDOUT' }),
    say({ errno: 1045, message: "Access denied for user 'nova' using s3cret" }),
    say({ errno: 1049, message: "Unknown database 'nova'" }),
    say({ code: '28P01', message: 'password authentication failed' }),
    say({ code: 'X', message: 'strange s3cret' }),
  ]
  for (const line of said) expect(line).toMatch(/^\[database\] connection = mysql:\/\/nova@controler:3306\/nova: .*[.;?]$/)
  expect(said.join()).not.toContain('s3cret')
  expect(said[3]).toContain("GRANT ALL PRIVILEGES ON nova.* TO 'nova'@'%'")
})

const refused = (url: string) =>
  openDatabase({ url, service: 'test', migrations: [], clock: systemClock, log: silentLog }).then(
    () => undefined,
    error => error as Error,
  )

test('a server that is not there and a folder that is not there end the start with one line', async () => {
  for (const url of ['mysql://u:s3cret@127.0.0.1:1/d', 'postgresql://u:s3cret@127.0.0.1:1/d']) {
    const error = await refused(url)
    expect(error).toBeInstanceOf(ConfigError)
    expect(error?.message).toContain('nothing answers at 127.0.0.1:1')
  }
  const error = await refused('sqlite:////nowhere/at/all.db')
  expect(error).toBeInstanceOf(ConfigError)
  expect(error?.message).toContain('/nowhere/at/all.db cannot be opened')
})
