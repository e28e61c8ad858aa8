import { expect, test } from 'vitest'
import { bridgeOf, dhcpNamespaceOf } from '../contract/names.ts'
import type { PortWiring } from '../contract/wiring.ts'
import { aGroup, aNetwork, aPort, aRule, aWiring, dhcpFor, idOf } from '../kit/wirings.ts'
import type { Driver } from './driver.ts'

/** What a driver is tried with: a fresh one on a bare host, and the hypervisor's half. */
export interface DriverUnderTest {
  readonly open: () => Promise<Trial>
  /** Keeps ids of concurrent runs apart. */
  readonly run: number
}

export interface Trial {
  readonly driver: Driver
  readonly plug: (port: PortWiring) => Promise<void>
  readonly unplug: (port: PortWiring) => Promise<void>
  readonly until: (what: string, holds: () => Promise<boolean>) => Promise<void>
}

/** The promises of `driver.ts`, tried on whichever driver there is. */
export function testDriver({ open, run }: DriverUnderTest): void {
  const network = aNetwork(40, { mtu: 1450 }, run)
  const group = aGroup(40, [aRule({})], run)
  const port = aPort(network, 11, { securityGroups: [group.id] })
  const wiring = aWiring({ networks: [network], ports: [port], securityGroups: [group] })

  test('wiring twice changes nothing the second time', async () => {
    const { driver } = await open()
    expect((await driver.apply(wiring)).changes).toBeGreaterThan(0)
    expect(await driver.apply(wiring)).toEqual({ changes: 0, portsUp: [], troubles: [] })
  })

  test('a host is seen as it was wired, and differences are what is still to be done', async () => {
    const { driver } = await open()
    const instance = { addresses: ['10.0.40.11'], macAddress: 'fa:16:3e:00:1e:0b', instanceId: port.deviceId, projectId: 'p' }
    const served = { ...wiring, dhcp: [dhcpFor(network, [port])], metadata: [{ networkId: network.id, instances: [instance] }] }
    expect((await driver.observe(served)).differences.length).toBeGreaterThan(0)
    await driver.apply(served)
    const seen = await driver.observe(served)
    expect(seen.differences).toEqual([])
    expect(seen.bridges).toEqual([expect.objectContaining({ name: bridgeOf(network.id), mtu: 1450, isUp: true })])
    expect(seen.namespaces).toEqual([
      expect.objectContaining({ name: dhcpNamespaceOf(network.id), services: expect.arrayContaining(['dnsmasq', 'metadata']) }),
    ])
    const device = seen.namespaces[0]?.devices.find(({ name }) => name.startsWith('ns-'))
    expect(device?.addresses).toEqual(expect.arrayContaining(['10.0.40.2/24', '169.254.169.254/16']))
  })

  test('a port is up while its cable is plugged in', async () => {
    const { driver, plug, unplug, until } = await open()
    await driver.apply(wiring)
    let heard = 0
    const following = driver.follow(() => heard++)
    try {
      expect(await driver.pluggedPorts([port.id])).toEqual([])
      await until('a plugged cable is heard of', async () => {
        await plug(port)
        return heard > 0
      })
      expect(await driver.pluggedPorts([port.id])).toEqual([port.id])
      expect((await driver.apply(wiring)).portsUp).toEqual([port.id])
      await unplug(port)
      expect(await driver.pluggedPorts([port.id])).toEqual([])
    } finally {
      following.stop()
    }
  })

  test('what is told no longer is there no longer', async () => {
    const { driver } = await open()
    await driver.apply({ ...wiring, dhcp: [dhcpFor(network, [port])] })
    await driver.apply(aWiring())
    expect(await driver.observe(aWiring())).toEqual({ bridges: [], namespaces: [], differences: [], defects: [] })
  })

  test('what cannot be is told, and the rest is done', async () => {
    const { driver } = await open()
    const nowhere = aNetwork(41, { segment: { type: 'flat', physicalNetwork: 'nowhere' } }, run)
    const { troubles } = await driver.apply({ ...wiring, networks: [nowhere, network] })
    expect(troubles).toEqual([{ subject: nowhere.id, reason: expect.stringContaining('physical network nowhere') }])
    expect((await driver.observe(wiring)).bridges.map(({ name }) => name)).toContain(bridgeOf(network.id))
  })

  test('a probe from what is not here is refused', async () => {
    const { driver } = await open()
    const wish = { from: { networkId: idOf(0x44, 1, run) }, to: '10.0.40.11', deadlineMs: 1_000 }
    await expect(driver.probe(wish)).rejects.toMatchObject({ kind: 'not-found' })
  })

  test('a host says what it can do', async () => {
    const { driver } = await open()
    const { segmentTypes, ...facts } = await driver.facts()
    expect(facts).toMatchObject({ driver: driver.kind, hasIsolatedMetadata: true })
    expect(segmentTypes).toContain('local')
  })
}
