import { join } from 'node:path'
import { bareWiring, networkAgentOptions, openLinuxBridgeDriver, removeServerFiles, setupOf } from '@kilonova/network-agent/main.ts'
import { readConfig } from '@kilonova/platform/config/config.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { fileOf, markOf, readChosen } from './demo-network.ts'
import { tearDown } from './demo-network/host.ts'
import type { Globals } from './globals.ts'
import { keptServices, openKept, type TablesOf } from './kept.ts'
import { allOptions, readSettings, sourcesOf } from './settings.ts'

/** What a cloud leaves on its host beside files: bridges, namespaces, DHCP servers, filters, the way out. Says what could not be taken away. */
export async function takeHostPartsAway(globals: Globals): Promise<readonly string[]> {
  const { host, places, flags, environment, clock } = globals
  if (!host.isRoot) return []
  const complaints: string[] = []
  const told = readConfig(networkAgentOptions, sourcesOf(places, flags, environment), [allOptions]).values
  const { settings } = readSettings(places, flags, environment)
  const stateDir = places.hint === '' ? undefined : join(places.home, 'neutron')
  const setup = setupOf(told, { myIp: settings.DEFAULT.my_ip, stateDir })
  if (host.exists(setup.stateDir)) {
    const door = { host: settings.DEFAULT.my_ip, port: 8775, prefix: '', sharedSecret: '', isTls: false }
    const driver = await openLinuxBridgeDriver({ setup, metadataDoor: door, clock, log: silentLog })
    const { troubles } = await driver.apply(bareWiring, { isThorough: true })
    complaints.push(...troubles.map(({ subject, reason }) => `${subject}: ${reason}`))
    await driver.close()
    await takeFilesAway(globals, setup.stateDir).catch(error => complaints.push(`files in ${setup.stateDir}: ${String(error)}`))
  }
  const chosen = readChosen(host, fileOf(places))
  if (chosen) await tearDown(host, { bridge: chosen.bridge, mark: markOf(places) }).catch(error => complaints.push(String(error)))
  return complaints
}

/** Files of DHCP servers and routers whose namespaces went without them, as they do when a host starts anew. */
export async function takeFilesAway(globals: Globals, stateDir: string): Promise<void> {
  const { settings } = readSettings(globals.places, globals.flags, globals.environment)
  const place = keptServices(globals, settings).find(({ name }) => name === 'neutron')
  if (!place) return
  const { migrations, servedThings } = await import('@kilonova/network/main.ts')
  const database = await openKept<TablesOf<Parameters<typeof servedThings>[0]>>(place, migrations, globals.clock)
  try {
    await removeServerFiles(stateDir, await servedThings(database))
  } finally {
    await database.close()
  }
}
