import { join } from 'node:path'
import { bareWiring, networkAgentOptions, openLinuxBridgeDriver, setupOf } from '@kilonova/network-agent/main.ts'
import { readConfig } from '@kilonova/platform/config/config.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { fileOf, markOf, readChosen } from './demo-network.ts'
import { tearDown } from './demo-network/host.ts'
import type { Globals } from './globals.ts'
import { allOptions, readSettings, sourcesOf } from './settings.ts'

/** What a cloud leaves on its host beside files: bridges, namespaces, DHCP servers, filters, the way out. Says what could not be taken away. */
export async function takeHostPartsAway({ host, places, flags, environment, clock }: Globals): Promise<readonly string[]> {
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
  }
  const chosen = readChosen(host, fileOf(places))
  if (chosen) await tearDown(host, { bridge: chosen.bridge, mark: markOf(places) }).catch(error => complaints.push(String(error)))
  return complaints
}
