import { seededChance } from '@kilonova/platform/chance.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Suite } from '@kilonova/platform/sql/testing.ts'
import { expect, test } from 'vitest'
import { cause, settingsWith } from '../kit.ts'
import { everybody } from '../listings/listing.ts'
import { build } from '../main/build.ts'
import { migrations } from '../migrations/all.ts'
import { bareWish } from '../ports/port/attributes.ts'
import type { Tables } from '../tables.ts'

const act = { cause, viewer: everybody, within: {} }

/** A network with one subnet, over a database that two processes have open. */
async function ground(db: Database<Tables>, cidr: string) {
  const logics = build({ settings: settingsWith({ quotas: { quota_port: -1 } }), clock: systemClock, chance: seededChance(7) }, db)
  const wish = { projectId: 'p', name: '', description: '', adminStateUp: true, shared: false, routerExternal: false, isDefault: false }
  const more = { mtu: 0, portSecurityEnabled: false, availabilityZoneHints: [], qosPolicyId: null, dnsDomain: '' }
  const [network] = await logics.networks.create([{ ...wish, ...more }], act)
  const networkId = network?.id ?? ''
  const plain = { name: '', description: '', enableDhcp: false, useDefaultSubnetpool: false, segmentId: null, serviceTypes: [] }
  const [subnet] = await logics.subnets.create([{ projectId: 'p', networkId, ipVersion: 4, cidr, ...plain }], act)
  return { logics, networkId, subnetId: subnet?.id ?? '' }
}

const taken = async (db: Database<Tables>) =>
  (await db.read.selectFrom('ipallocations').select('ip_address').execute()).map(row => String(row['ip_address']))
const free = async (db: Database<Tables>) => (await db.read.selectFrom('ipavailabilityranges').selectAll().execute()).length

export const ipamSuite: Suite = open => {
  test('ports that are made and deleted at one moment never share an address, and what is given back is given again', async () => {
    const db = await open<Tables>(migrations)
    const { logics, networkId } = await ground(db, '10.0.0.0/27')
    const wish = bareWish({ networkId, projectId: 'p', portSecurityEnabled: false, securityGroups: [] })
    const first = await Promise.all(Array.from({ length: 20 }, () => logics.ports.create([wish], act)))
    const ids = first.flat().map(({ id }) => id)
    expect(new Set(await taken(db)).size).toBe(20)
    await Promise.all([
      ...ids.slice(0, 10).map(id => logics.ports.delete(id, act)),
      ...Array.from({ length: 9 }, () => logics.ports.create([wish], act)),
    ])
    const after = await taken(db)
    expect([after.length, new Set(after).size]).toEqual([19, 19])
    for (let i = 0; i < 10; i++) await logics.ports.create([wish], act)
    expect((await taken(db)).length).toBe(29)
    await expect(logics.ports.create([wish], act)).rejects.toThrow('No more IP addresses available')
    expect(await free(db)).toBe(0)
    for (const { id } of await logics.ports.list({ filters: {}, sort: [] }, everybody)) await logics.ports.delete(id, act)
    expect([await taken(db), await free(db)]).toEqual([[], 1])
  })

  test('one address that many ask for at one moment is had by one', async () => {
    const db = await open<Tables>(migrations)
    const { logics, networkId } = await ground(db, '10.0.0.0/24')
    const wish = bareWish({
      networkId,
      projectId: 'p',
      portSecurityEnabled: false,
      securityGroups: [],
      fixedIps: [{ ipAddress: '10.0.0.50' }],
    })
    const asked = await Promise.allSettled(Array.from({ length: 8 }, () => logics.ports.create([wish], act)))
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(asked.filter(one => one.status === 'rejected' && one.reason.code === 'IpAddressAlreadyAllocated')).toHaveLength(7)
  })

  test('tags of VLANs that many ask for at one moment are each given once', async () => {
    const db = await open<Tables>(migrations)
    const settings = settingsWith({ ml2_type_vlan: { network_vlan_ranges: ['phys:100:109'] }, ml2: { tenant_network_types: ['vlan'] } })
    const logics = build({ settings, clock: systemClock, chance: seededChance(3) }, db)
    const wish = {
      projectId: 'p',
      name: 'ö 🚀',
      description: '',
      adminStateUp: true,
      shared: false,
      routerExternal: false,
      isDefault: false,
    }
    const more = { mtu: 0, portSecurityEnabled: true, availabilityZoneHints: [], qosPolicyId: null, dnsDomain: '' }
    const made = await Promise.allSettled(Array.from({ length: 12 }, () => logics.networks.create([{ ...wish, ...more }], act)))
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(10)
    const rows = await db.read.selectFrom('segmentallocations').select('segmentation_id').execute()
    expect(new Set(rows.map(row => Number(row['segmentation_id']))).size).toBe(10)
    expect(
      (await logics.networks.list({ filters: { name: ['ö 🚀'] }, sort: [{ name: 'name', isRising: false }], limit: 3 }, everybody)).length,
    ).toBe(3)
  })
}
