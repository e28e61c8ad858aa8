import { expect, test } from 'vitest'
import { aGroup, aNetwork, aPort, aRule } from '../kit/wirings.ts'
import { type Flow, isAddressOf, isAlwaysAllowed, ruleThatAllows } from './verdict.ts'

const port = aPort(aNetwork(1), 11, { securityGroups: [aGroup(1).id] })
const ssh: Flow = { protocol: 6, source: '192.0.2.9', destination: '10.0.1.11', sourcePort: 40_000, destinationPort: 22 }
const judge = (flow: Flow, ...rules: ReturnType<typeof aRule>[]) =>
  ruleThatAllows(flow, { port, direction: 'ingress' }, { groups: [aGroup(1, rules)], isMember: (_, address) => address === '192.0.2.9' })
    ?.id

test('a flow is allowed by the rule that fits it, and by none when none does', () => {
  expect(judge(ssh)).toBeUndefined()
  expect(judge(ssh, aRule({ id: 'ssh', protocol: 'tcp', portMin: 22, portMax: 22 }))).toBe('ssh')
  expect(judge({ ...ssh, destinationPort: 23 }, aRule({ protocol: 'tcp', portMin: 22, portMax: 22 }))).toBeUndefined()
  expect(judge({ ...ssh, protocol: 17 }, aRule({ protocol: 'tcp' }))).toBeUndefined()
  expect(judge(ssh, aRule({ id: 'six', protocol: '6' }))).toBe('six')
  expect(judge(ssh, aRule({ id: 'near', remoteCidr: '192.0.2.0/24' }))).toBe('near')
  expect(judge(ssh, aRule({ remoteCidr: '198.51.100.0/24' }))).toBeUndefined()
  expect(judge(ssh, aRule({ id: 'friends', remoteSet: 'g' }))).toBe('friends')
  expect(judge({ ...ssh, source: '192.0.2.8' }, aRule({ remoteSet: 'g' }))).toBeUndefined()
  expect(judge(ssh, aRule({ etherType: 'IPv6' }))).toBeUndefined()
})

test('ICMP is judged by type and code', () => {
  const echo: Flow = { protocol: 1, source: '192.0.2.9', destination: '10.0.1.11', destinationPort: 8, icmpCode: 0 }
  expect(judge(echo, aRule({ id: 'ping', protocol: 'icmp', portMin: 8, portMax: 0 }))).toBe('ping')
  expect(judge(echo, aRule({ id: 'type', protocol: 'icmp', portMin: 8 }))).toBe('type')
  expect(judge(echo, aRule({ protocol: 'icmp', portMin: 3 }))).toBeUndefined()
})

test('a port is its own addresses and those it may use besides', () => {
  const pair = { ...port, allowedAddressPairs: [{ ipAddress: '10.9.0.0/16', macAddress: port.macAddress }] }
  expect([isAddressOf(pair, '10.0.1.11'), isAddressOf(pair, '10.9.3.4'), isAddressOf(pair, '10.0.1.12')]).toEqual([true, true, false])
})

test('IPv6 works under any rules, and an echo needs one', () => {
  const flow = (type: number): Flow => ({
    protocol: 58,
    source: '2001:db8::9',
    destination: '2001:db8::11',
    destinationPort: type,
    icmpCode: 0,
  })
  expect([134, 135, 136, 128].map(type => isAlwaysAllowed(flow(type), 'ingress'))).toEqual([true, true, true, false])
  expect([134, 135, 128].map(type => isAlwaysAllowed(flow(type), 'egress'))).toEqual([false, true, true])
})

test('addresses are asked for under any rules, and not given out', () => {
  const flow = (sourcePort: number, destinationPort: number): Flow => ({ ...ssh, protocol: 17, sourcePort, destinationPort })
  expect([flow(68, 67), flow(67, 68), flow(546, 547), flow(547, 546)].map(each => isAlwaysAllowed(each, 'egress'))).toEqual([
    true,
    false,
    true,
    false,
  ])
  expect(isAlwaysAllowed(flow(67, 68), 'ingress')).toBe(true)
  expect(isAlwaysAllowed(flow(40_000, 68), 'ingress')).toBe(false)
})
