import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { networkAgentOptions, setupOf } from '@kilonova/network-agent/main.ts'
import { migrations, type servedThings } from '@kilonova/network/main.ts'
import { readConfig } from '@kilonova/platform/config/config.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { openDatabase } from '@kilonova/platform/sql/database.ts'
import { expect, onTestFinished, test } from 'vitest'
import { databaseOf } from './databases.ts'
import { rightsOf } from './globals.ts'
import { takeFilesAway } from './host-parts.ts'
import type { TablesOf } from './kept.ts'
import { allOptions, readSettings, sourcesOf } from './settings.ts'

const [network, router, stranger] = ['a network', 'a router', 'of somebody else']
const cause = { requestId: 'req-test', why: 'test' }
const time = '2026-01-01T00:00:00Z'
const standard = { project_id: 'p', description: '', revision_number: 0, created_at: time, updated_at: time, name: '', status: 'ACTIVE' }
const flags = { admin_state_up: 1, availability_zone_hints: '[]' }

/** A cloud that has one network and one router, and is down. */
async function aKeptCloud() {
  const home = mkdtempSync(join(tmpdir(), 'kilonova-host-parts-'))
  onTestFinished(() => rmSync(home, { recursive: true }))
  const globals = rightsOf({ home, set: [] })
  const { settings } = readSettings(globals.places, globals.flags, {})
  const { url } = databaseOf('neutron', settings, globals.places)
  type Kept = TablesOf<Parameters<typeof servedThings>[0]>
  const database = await openDatabase<Kept>({ url, service: 'network', migrations, clock: systemClock, log: silentLog })
  const rows = {
    networks: {
      ...standard,
      ...flags,
      id: network,
      mtu: 1500,
      port_security_enabled: 1,
      is_default: 0,
      router_external: 0,
      dns_domain: '',
    },
    routers: { ...standard, ...flags, id: router, enable_snat: 1, distributed: 0, ha: 0, routes: '[]' },
  }
  await database.transaction(cause, async tx => {
    for (const [table, row] of Object.entries(rows))
      await tx.change({ kind: `network.${table}`, id: row.id, act: 'created', projectId: 'p', after: {} }, sql =>
        sql.insertInto(table).values(row).execute(),
      )
  })
  await database.close()
  return { globals, stateDir: join(home, 'state') }
}

function write(path: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, '')
}

test('files of networks and routers that nobody serves any more go, and those of others stay', async () => {
  const { globals, stateDir } = await aKeptCloud()
  const files = ['dhcp/ID/addn_hosts', 'dhcp/ID/leases', 'ra/ID.radvd.conf', 'external/pids/ID.pid.radvd'] as const
  const all = (id: string, some: readonly string[]) => some.map(file => join(stateDir, file.replace('ID', id)))
  const [ofNetworks, ofRouters] = [files.slice(0, 2), files.slice(2)]
  for (const path of [...all(network, ofNetworks), ...all(router, ofRouters), ...all(stranger, ofNetworks)]) write(path)
  await takeFilesAway(globals, stateDir)
  expect(readdirSync(stateDir)).toEqual(['dhcp'])
  expect(readdirSync(join(stateDir, 'dhcp'))).toEqual([stranger])
  expect(all(stranger, ofNetworks).every(path => existsSync(path))).toBe(true)
  await takeFilesAway(globals, stateDir)
})

test('state_path says where state is, also for a cloud with a home of its own', () => {
  const { places } = rightsOf({ home: '/tmp/somewhere' })
  const read = (set: readonly string[]) => readConfig(networkAgentOptions, sourcesOf(places, set, {}), [allOptions]).values
  const setup = (set: readonly string[]) => setupOf(read(set), { myIp: '192.0.2.1', stateDir: '/tmp/somewhere/neutron' }).stateDir
  expect([setup([]), setup(['state_path=/srv/neutron'])]).toEqual(['/tmp/somewhere/neutron', '/srv/neutron'])
})
