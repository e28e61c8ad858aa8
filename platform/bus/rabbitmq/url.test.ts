import { expect, test } from 'vitest'
import { readTransportUrl } from './url.ts'

test('one host, with everything said', () => {
  expect(readTransportUrl('rabbit://nova:s%40cret@rabbit1:5673/cell1')).toEqual({
    hosts: ['rabbit1:5673'],
    user: 'nova',
    password: 's@cret',
    vhost: 'cell1',
    tls: false,
  })
})

test('several hosts, each with the credentials or without', () => {
  const { hosts, user } = readTransportUrl('rabbit://u:p@h1:5672,u:p@[::1]:5672,h3/')
  expect({ hosts, user }).toEqual({ hosts: ['h1:5672', '[::1]:5672', 'h3:5672'], user: 'u' })
})

test.each([
  ['amqp://h/', '/', 'h:5672', false],
  ['rabbit://h//', '/', 'h:5672', false],
  ['amqps://h', '/', 'h:5671', true],
  ['rabbit://u:p@h:5671/?ssl=1', '/', 'h:5671', true],
])('%s', (url, vhost, host, tls) => {
  expect(readTransportUrl(url)).toMatchObject({ vhost, hosts: [host], tls })
})

test.each(['', 'rabbit', 'http://u:topsecret@h/', 'rabbit://u:topsecret@h:port/', 'rabbit://u:topsecret@h1,u:other@h2/'])(
  '“%s” is refused in one line that names the option and not the password',
  url => {
    const complain = () => readTransportUrl(url)
    expect(complain).toThrow(/^\[DEFAULT\] transport_url[^\n]*$/)
    expect(complain).not.toThrow(/topsecret/)
  },
)
