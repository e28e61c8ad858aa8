import { createServer } from 'node:http'
import { writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { dhcpNamespaceOf } from '../../contract/names.ts'
import type { HostWiring, PortWiring } from '../../contract/wiring.ts'
import { openYard, runIn, until, type Yard, type YardGuest, type YardHost } from '../../kit/hosts.ts'
import { aGroup, aNetwork, aPort, aWiring, dhcpFor, idOf } from '../../kit/wirings.ts'
import { signatureOf } from './metadata/answer.ts'

let yard: Yard
beforeEach(() => {
  yard = openYard()
})
afterEach(() => yard.clear())

const run = process.pid & 0xffff
const network = aNetwork(30, { mtu: 1450 }, run)
const group = aGroup(1, [], run)
const port = aPort(network, 11, { securityGroups: [group.id] })
const namespace = dhcpNamespaceOf(network.id)

const wiringOf = (more: Partial<HostWiring> = {}): HostWiring =>
  aWiring({ networks: [network], ports: [port], securityGroups: [group], dhcp: [dhcpFor(network, [port])], ...more })

/** What a DHCP client is given, by the names it gives to its script; nothing when nobody answers. */
async function lease(host: YardHost, guest: YardGuest): Promise<Readonly<Record<string, string>> | undefined> {
  const script = `${host.stateDir}/udhcpc.sh`
  await writeFile(script, '#!/bin/sh\n[ "$1" = bound ] && env\nexit 0\n', { mode: 0o755 })
  const asks = ['-O', 'staticroutes', '-O', 'mtu', '-O', 'search', '-O', '66', '-x', 'hostname:guest']
  const told = await guest
    .run('busybox', 'udhcpc', '-i', 'eth0', '-f', '-q', '-n', '-t', '3', '-T', '1', '-s', script, ...asks)
    .catch(() => '')
  if (told === '') return undefined
  return Object.fromEntries(told.split('\n').map(line => line.split(/=(.*)/s).slice(0, 2) as [string, string]))
}

async function apply(host: YardHost, wiring: HostWiring): Promise<void> {
  expect((await host.driver.apply(wiring)).troubles).toEqual([])
}

test('a guest gets its own address and everything that belongs to it, and a stranger gets nothing', async () => {
  const host = await yard.host('a')
  const named = dhcpFor(network, [port], {
    hostRoutes: [{ destination: '192.0.2.0/24', nexthop: '10.0.30.254' }],
    nameServers: ['192.0.2.53'],
  })
  const hosts = named.hosts.map(each => ({ ...each, options: [{ name: 'tftp-server', value: '192.0.2.66', ipVersion: 4 as const }] }))
  const stranger = aPort(network, 12, { hasPortSecurity: false })
  await apply(host, wiringOf({ ports: [port, stranger], dhcp: [{ ...named, hosts }] }))
  const given = await lease(host, await host.guest(port, { addresses: [] }))
  expect(given).toMatchObject({
    ip: '10.0.30.11',
    subnet: '255.255.255.0',
    router: '10.0.30.1',
    mtu: '1450',
    domain: 'openstacklocal',
    dns: '192.0.2.53',
    serverid: '10.0.30.2',
    lease: '86400',
    staticroutes: '192.0.2.0/24 10.0.30.254 169.254.169.254/32 10.0.30.2 0.0.0.0/0 10.0.30.1',
  })
  expect(JSON.stringify(given)).toContain('192.0.2.66')
  expect(await lease(host, await host.guest(stranger, { addresses: [] }))).toBeUndefined()
})

test('hosts are known by their names, and the files are where people look for them', async () => {
  const host = await yard.host('a')
  await apply(host, wiringOf())
  const guest = await host.guest(port)
  const asked = await guest.run('busybox', 'nslookup', '-type=a', 'host-10-0-30-11.openstacklocal.', '10.0.30.2')
  expect(asked).toContain('10.0.30.11')
  const files = await host.run('ls', `${host.stateDir}/dhcp/${network.id}`)
  expect(files.trim().split('\n')).toEqual(['addn_hosts', 'host', 'leases', 'opts', 'pid'])
  expect(await host.run('cat', `${host.stateDir}/dhcp/${network.id}/host`)).toBe(
    `${port.macAddress},host-10-0-30-11.openstacklocal,10.0.30.11\n`,
  )
})

test('a new host is told without beginning the server anew, and an address that changed hands with a new one', async () => {
  const host = await yard.host('a')
  const pid = () => host.run('cat', `${host.stateDir}/dhcp/${network.id}/pid`)
  const later = aPort(network, 12, { securityGroups: [group.id] })
  await apply(host, wiringOf())
  const before = await pid()
  await apply(host, wiringOf({ ports: [port, later], dhcp: [dhcpFor(network, [port, later])] }))
  expect(await pid()).toBe(before)
  expect(await lease(host, await host.guest(later, { addresses: [] }))).toMatchObject({ ip: '10.0.30.12' })
  const heir: PortWiring = { ...aPort(network, 13, { securityGroups: [group.id] }), fixedIps: later.fixedIps }
  await apply(host, wiringOf({ ports: [port, heir], dhcp: [dhcpFor(network, [port, heir])] }))
  expect(await pid()).not.toBe(before)
  expect(await lease(host, await host.guest(heir, { addresses: [] }))).toMatchObject({ ip: '10.0.30.12' })
})

test('a server that died is begun again', async () => {
  const host = await yard.host('a')
  await apply(host, wiringOf())
  const pid = (await host.run('cat', `${host.stateDir}/dhcp/${network.id}/pid`)).trim()
  process.kill(Number(pid), 'SIGKILL')
  await until('it is gone', async () => !(await host.driver.observe(wiringOf())).namespaces[0]?.services.includes('dnsmasq'))
  expect(await host.driver.apply(wiringOf(), { isThorough: true })).toMatchObject({ changes: 1, troubles: [] })
  expect(await lease(host, await host.guest(port, { addresses: [] }))).toMatchObject({ ip: '10.0.30.11' })
})

test('a network without DHCP has no server, and its namespace goes with the wish for it', async () => {
  const host = await yard.host('a')
  await apply(host, wiringOf())
  await apply(host, wiringOf({ dhcp: [dhcpFor(network, [port], { isDhcpOn: false })] }))
  expect((await host.driver.observe(aWiring())).namespaces).toMatchObject([{ name: namespace, services: [] }])
  await apply(host, wiringOf({ dhcp: [] }))
  expect((await host.driver.observe(aWiring())).namespaces).toEqual([])
  expect(await host.run('ip', 'netns', 'list')).not.toContain(namespace)
})

/** Stands for the metadata service: says what it was told. */
async function aDoor() {
  const asked: { url?: string | undefined; headers: Record<string, unknown> }[] = []
  const server = createServer((request, answer) => {
    asked.push({ url: request.url, headers: request.headers })
    answer.end('ami-id\ninstance-id')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => new Promise<void>(resolve => void server.close(() => resolve())))
  return { asked, door: { host: '127.0.0.1', port: (server.address() as AddressInfo).port, sharedSecret: 'oldboy' } }
}

test('on an isolated network the DHCP server passes metadata on, signed, under the name of whoever asks', async () => {
  const { asked, door } = await aDoor()
  const host = await yard.host('a', {}, door)
  const instance = {
    addresses: ['10.0.30.11'],
    macAddress: 'fa:16:3e:00:1e:0b',
    instanceId: idOf(0xda, 11),
    projectId: 'b9e1d0c4a2f34c5d8e7f60718293a4b5',
  }
  await apply(host, wiringOf({ metadata: [{ networkId: network.id, instances: [instance] }] }))
  const guest = await host.guest(port)
  await guest.run('ip', 'route', 'add', '169.254.169.254', 'via', '10.0.30.2')
  const fetch = (...more: string[]) =>
    guest.run('busybox', 'wget', '-q', '-O', '-', ...more, 'http://169.254.169.254/2009-04-04/meta-data/')
  expect(await fetch('--header', 'X-Instance-ID: somebody-else')).toBe('ami-id\ninstance-id')
  expect(asked).toMatchObject([
    {
      url: '/2009-04-04/meta-data/',
      headers: {
        'x-instance-id': instance.instanceId,
        'x-tenant-id': instance.projectId,
        'x-forwarded-for': '10.0.30.11',
        'x-instance-id-signature': signatureOf('oldboy', instance.instanceId),
      },
    },
  ])
  await apply(host, wiringOf({ metadata: [{ networkId: network.id, instances: [{ ...instance, addresses: ['10.0.30.99'] }] }] }))
  await expect(fetch()).rejects.toThrow('404')
})

test('where a router is the gateway, metadata is left to it', async () => {
  const host = await yard.host('a')
  await apply(host, wiringOf({ dhcp: [dhcpFor(network, [port], { hasRouter: true })] }))
  expect(await runIn(namespace, 'ip', 'addr')).not.toContain('169.254.169.254')
  expect(await lease(host, await host.guest(port, { addresses: [] }))).toMatchObject({
    staticroutes: '169.254.169.254/32 10.0.30.1 0.0.0.0/0 10.0.30.1',
  })
})
