import { readdir, readFile, rm } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { dhcpNamespaceOf } from '../../contract/names.ts'
import { openYard, until, type Yard, type YardHost } from '../../kit/hosts.ts'
import { aNetwork, aPort, aWiring, dhcpFor } from '../../kit/wirings.ts'

let yard: Yard
beforeEach(() => {
  yard = openYard()
})
afterEach(() => yard.clear())

const network = aNetwork(31, {}, process.pid & 0xffff)
const port = aPort(network, 11, { hasPortSecurity: false })
const served = aWiring({ networks: [network], ports: [port], dhcp: [dhcpFor(network, [port])] })
const elsewhere = { ...served, dhcp: [] }

/** The DHCP servers that have their files on this host, whatever namespace they are in. */
async function serversOf({ stateDir }: YardHost): Promise<readonly string[]> {
  const processes = (await readdir('/proc')).filter(name => /^\d+$/.test(name))
  const words = await Promise.all(processes.map(async id => [id, await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')] as const))
  return words.filter(([, text]) => text.startsWith('dnsmasq') && text.includes(stateDir)).map(([id]) => id)
}

test('a network that went to another host while no agent was here has no server here when one begins', async () => {
  const host = await yard.host('a')
  await host.driver.apply(served)
  expect(await serversOf(host)).toHaveLength(1)
  const next = await host.again()
  expect((await next.apply(elsewhere)).troubles).toEqual([])
  expect(await serversOf(host)).toEqual([])
  expect(await host.run('ip', 'netns', 'list')).not.toContain(dhcpNamespaceOf(network.id))
})

test('nor has it one when even the name of its namespace is gone', async () => {
  const host = await yard.host('a')
  await host.driver.apply(served)
  await host.run('ip', 'netns', 'del', dhcpNamespaceOf(network.id))
  expect(await serversOf(host)).toHaveLength(1)
  const next = await host.again()
  expect((await next.apply(elsewhere)).troubles).toEqual([])
  expect(await serversOf(host)).toEqual([])
  expect(await readdir(`${host.stateDir}/dhcp`)).toEqual([])
})

test('where its server ended besides, no files of it stay', async () => {
  const host = await yard.host('a')
  await host.driver.apply(served)
  await host.run('ip', 'netns', 'del', dhcpNamespaceOf(network.id))
  for (const pid of await serversOf(host)) process.kill(Number(pid), 'SIGKILL')
  await until('the server is gone', async () => (await serversOf(host)).length === 0)
  const next = await host.again()
  expect((await next.apply(elsewhere)).troubles).toEqual([])
  expect(await readdir(`${host.stateDir}/dhcp`)).toEqual([])
})

test('a server whose file with its process id was lost makes way for one that has it', async () => {
  const host = await yard.host('a')
  await host.driver.apply(served)
  const [before] = await serversOf(host)
  await rm(`${host.stateDir}/dhcp/${network.id}/pid`)
  expect((await host.driver.apply(served, { isThorough: true })).troubles).toEqual([])
  const now = await serversOf(host)
  expect(now).toHaveLength(1)
  expect(now[0]).not.toBe(before)
})

test('a server whose namespace lost its name is begun anew in the one that has it now', async () => {
  const host = await yard.host('a')
  await host.driver.apply(served)
  const [before] = await serversOf(host)
  await host.run('ip', 'netns', 'del', dhcpNamespaceOf(network.id))
  expect((await host.driver.apply(served, { isThorough: true })).troubles).toEqual([])
  const now = await serversOf(host)
  expect(now).toHaveLength(1)
  expect(now[0]).not.toBe(before)
  const guest = await host.guest(port, { addresses: [] })
  const leases = () =>
    guest.run('busybox', 'udhcpc', '-i', 'eth0', '-f', '-q', '-n', '-t', '3', '-T', '1', '-s', '/bin/true').then(
      () => true,
      () => false,
    )
  await until('a guest is given its address', leases)
})
