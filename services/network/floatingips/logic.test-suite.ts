import { seededChance } from '@kilonova/platform/chance.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Suite } from '@kilonova/platform/sql/testing.ts'
import { expect, test } from 'vitest'
import { cause, settingsWith } from '../kit.ts'
import { all, everybody } from '../listings/listing.ts'
import { build } from '../main/build.ts'
import { migrations } from '../migrations/all.ts'
import { bareNetwork } from '../networks/network/attributes.ts'
import { bareWish } from '../ports/port/attributes.ts'
import { bareSubnet } from '../subnets/subnet/attributes.ts'
import type { Tables } from '../tables.ts'

const act = { cause, viewer: everybody, within: {} }
const unlimited = { quota_port: -1, quota_network: -1, quota_router: -1, quota_floatingip: -1, quota_subnet: -1 }

/** A network with guests, a router, and a network outside. */
async function ground(db: Database<Tables>, quotas: object = {}) {
  const settings = settingsWith({ quotas: { ...unlimited, ...quotas } })
  const logics = build({ settings, clock: systemClock, chance: seededChance(7) }, db)
  const { networks, subnets, routers, ports, floatingips } = logics
  const first = async <T extends { readonly id: string }>(made: Promise<readonly T[]>) => (await made)[0]?.id ?? ''
  const outside = await first(networks.create([bareNetwork({ projectId: 'p', routerExternal: true, portSecurityEnabled: false })], act))
  await subnets.create([bareSubnet({ projectId: 'p', networkId: outside, cidr: '172.24.4.0/24', enableDhcp: false })], act)
  const inside = await first(networks.create([bareNetwork({ projectId: 'p', portSecurityEnabled: false })], act))
  const subnet = await first(subnets.create([bareSubnet({ projectId: 'p', networkId: inside, cidr: '10.0.0.0/24' })], act))
  const plain = { projectId: 'p', name: 'r', description: '', adminStateUp: true, availabilityZoneHints: [] }
  const router = await first(routers.create([{ ...plain, externalGatewayInfo: { networkId: outside } }], act))
  await routers.addInterface(router, { subnetId: subnet }, act)
  const port = await first(ports.create([bareWish({ networkId: inside, projectId: 'p' })], act))
  const float = (more: object = {}) =>
    floatingips.create([{ projectId: 'p', description: '', floatingNetworkId: outside, qosPolicyId: null, ...more }], act)
  return { ...logics, outside, inside, subnet, router, port, float, plain, first }
}

/** What many did at one moment: how many had their way, and as what the others were refused. Whatever else happened is a defect. */
async function atOnce(count: number, one: (n: number) => Promise<unknown>) {
  const results = await Promise.allSettled(Array.from({ length: count }, (_, n) => one(n)))
  const refused = results.flatMap(result => (result.status === 'rejected' ? [result.reason as unknown] : []))
  for (const reason of refused) if (!(reason instanceof Refusal)) throw reason
  return { done: count - refused.length, refused: [...new Set(refused.map(reason => (reason as Refusal).code))] }
}

export const routingSuite: Suite = open => {
  test('floating addresses that are made at one moment are all different', async () => {
    const at = await ground(await open<Tables>(migrations))
    expect(await atOnce(12, () => at.float())).toEqual({ done: 12, refused: [] })
    const made = await at.floatingips.list(all, everybody)
    expect(new Set(made.map(one => one.floatingIpAddress)).size).toBe(12)
    expect(await atOnce(6, () => at.float({ floatingIpAddress: '172.24.4.99' }))).toEqual({
      done: 1,
      refused: ['IpAddressAlreadyAllocated'],
    })
  })

  test('one address inside has one floating address, however many ask for it at one moment', async () => {
    const at = await ground(await open<Tables>(migrations))
    const made = (await Promise.all(Array.from({ length: 6 }, () => at.float()))).flat()
    const lead = (n: number) => at.floatingips.update(made[n]?.id ?? '', { portId: at.port }, act)
    expect(await atOnce(6, lead)).toEqual({ done: 1, refused: ['FloatingIPPortAlreadyAssociated'] })
  })

  test('a port of a floating address leads to one place, and a place is led to once', async () => {
    const at = await ground(await open<Tables>(migrations))
    const id = await at.first(at.float())
    const other = await at.first(at.float())
    const wish = { externalPort: 2222, internalPort: 22, internalPortId: at.port, protocol: 'tcp', description: '' } as const
    const internalIpAddress = (await at.ports.get(at.port, everybody)).fixedIps[0]?.ipAddress ?? ''
    const forward = (within: string, more: object) =>
      at.portForwardings.create([{ projectId: 'p', ...wish, internalIpAddress, ...more }], { ...act, within: { floatingip_id: within } })
    expect(await atOnce(5, n => forward(id, { internalPort: 22 + n }))).toEqual({ done: 1, refused: ['BadRequest'] })
    expect(await atOnce(6, n => forward(n % 2 ? id : other, { externalPort: 3000 + n, internalPort: 443 }))).toEqual({
      done: 1,
      refused: ['BadRequest'],
    })
  })

  test('a router gets one leg on a subnet, and none on a subnet that overlaps', async () => {
    const at = await ground(await open<Tables>(migrations))
    const elsewhere = await at.first(at.networks.create([bareNetwork({ projectId: 'p' })], act))
    const twin = await at.first(at.subnets.create([bareSubnet({ projectId: 'p', networkId: elsewhere, cidr: '10.9.0.0/24' })], act))
    const third = await at.first(at.networks.create([bareNetwork({ projectId: 'p' })], act))
    const wide = await at.first(at.subnets.create([bareSubnet({ projectId: 'p', networkId: third, cidr: '10.9.0.0/16' })], act))
    const legs = await atOnce(6, n => at.routers.addInterface(at.router, { subnetId: n % 2 ? twin : wide }, act))
    expect(legs).toEqual({ done: 1, refused: ['BadRequest'] })
    const others = await Promise.all(Array.from({ length: 4 }, () => at.first(at.routers.create([at.plain], act))))
    expect((await atOnce(4, n => at.routers.addInterface(others[n] ?? '', { subnetId: twin }, act))).done).toBeLessThanOrEqual(1)
  })

  test('subnets of one network that come at one moment never overlap', async () => {
    const at = await ground(await open<Tables>(migrations))
    const cidrs = ['10.8.0.0/16', '10.8.1.0/24', '10.8.0.0/24', '10.8.0.0/25', '10.8.0.0/17', '10.8.1.128/25']
    const cut = (n: number) => at.subnets.create([bareSubnet({ projectId: 'p', networkId: at.inside, cidr: cidrs[n] ?? '' })], act)
    const { done, refused } = await atOnce(cidrs.length, cut)
    expect(refused).toEqual(['InvalidInput'])
    const there = (await at.subnets.list(all, everybody)).filter(({ networkId }) => networkId === at.inside)
    expect(there).toHaveLength(1 + done)
    const texts = there.map(({ cidr }) => cidr)
    expect(texts.includes('10.8.0.0/16') ? done : 1).toBe(1)
  })

  test('a limit is never passed, and what is counted is what is there', async () => {
    const db = await open<Tables>(migrations)
    const at = await ground(db, { quota_port: 5, quota_floatingip: 3 })
    const port = () => at.ports.create([bareWish({ networkId: at.inside, projectId: 'p' })], act)
    // The guest's own and the router's leg are there already.
    expect(await atOnce(8, port)).toEqual({ done: 3, refused: ['OverQuota'] })
    expect(await atOnce(6, () => at.float())).toEqual({ done: 3, refused: ['OverQuota'] })
    const ids = (await at.ports.list(all, everybody)).flatMap(one => (one.deviceOwner === '' ? [one.id] : []))
    await atOnce(ids.length + 4, n => (n < ids.length ? at.ports.delete(ids[n] ?? '', act) : port()))
    const left = (await at.ports.list(all, everybody)).filter(({ projectId }) => projectId === 'p')
    expect(left.length).toBeLessThanOrEqual(5)
    expect((await at.quotas.usageOf('p')).get('port')).toBe(left.length)
  })

  test('a network goes or gets a port, never both', async () => {
    const at = await ground(await open<Tables>(migrations))
    for (let round = 0; round < 4; round++) {
      const id = await at.first(at.networks.create([bareNetwork({ projectId: 'p' })], act))
      await atOnce(5, n => (n === 2 ? at.networks.delete(id, act) : at.ports.create([bareWish({ networkId: id, projectId: 'p' })], act)))
      const isThere = (await at.networks.find(id)) !== undefined
      const ports = await at.ports.list({ filters: { network_id: [id] }, sort: [] }, everybody)
      expect(isThere || ports.length === 0).toBe(true)
    }
  })
}
