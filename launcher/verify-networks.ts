import { hostname } from 'node:os'
import { networkAgentOptions, openLinuxBridgeDriver, setupOf } from '@kilonova/network-agent/main.ts'
import { isFake } from '@kilonova/hypervisor/main.ts'
import { hypervisorOptions } from '@kilonova/hypervisor/options.ts'
import { readConfig } from '@kilonova/platform/config/config.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import { join } from 'node:path'
import { fileOf, markOf, readChosen } from './demo-network.ts'
import { standUp } from './demo-network/host.ts'
import type { Globals } from './globals.ts'
import { type KeptService, openKept } from './kept.ts'
import { allOptions, readSettings, sourcesOf } from './settings.ts'
import type { Check, Finding } from './verify.ts'

type TablesOf<D> = D extends Pick<Database<infer Tables>, 'read'> ? Tables : never

/** What must hold of networks: their tables, this host's bridges, namespaces and filter, and the way out that a new cloud made. */
export async function checksOfNetworks(
  globals: Globals & { readonly isWired: boolean },
  kept: readonly KeptService[],
  livingServers: (ids: readonly string[]) => Promise<ReadonlySet<string>>,
  closers: (() => Promise<void>)[],
): Promise<readonly Check[]> {
  const { places, flags, environment, clock, chance } = globals
  const place = kept.find(({ name }) => name === 'neutron')
  if (!place) return []
  const { migrations, networkChecks, networkOptions } = await import('@kilonova/network/main.ts')
  const database = await openKept<TablesOf<Parameters<typeof networkChecks>[0]['database']>>(place, migrations, clock)
  closers.push(() => database.close())
  const settings = readConfig(networkOptions, sourcesOf(places, flags, environment), [allOptions]).values
  const machines = globals.isWired ? await machinesOf(globals, closers) : []
  return [...networkChecks({ database, settings, machines, livingServers, clock, chance }), ...wayOut(globals)]
}

/** This host, where it is wired for real. Metadata is left to the agent: who answers must live on. */
async function machinesOf(globals: Globals, closers: (() => Promise<void>)[]) {
  const { host, places, flags, environment, clock } = globals
  const sources = sourcesOf(places, flags, environment)
  const told = readConfig(networkAgentOptions, sources, [allOptions]).values
  const { driver: wish } = told.kilonova_network_agent
  const isPretended =
    wish === 'fake' || wish === 'none' || (wish === 'auto' && isFake(readConfig(hypervisorOptions, sources, [allOptions]).values))
  if (isPretended || !host.isRoot) return []
  const { settings } = readSettings(places, flags, environment)
  const stateDir = places.hint === '' ? undefined : join(places.home, 'neutron')
  const said = setupOf(told, { myIp: settings.DEFAULT.my_ip, stateDir })
  const chosen = readChosen(host, fileOf(places))
  const setup = { ...said, bridgeMappings: { ...(chosen && { public: chosen.bridge }), ...said.bridgeMappings } }
  const metadataDoor = { host: settings.DEFAULT.my_ip, port: 8775, prefix: '', sharedSecret: '', isTls: false }
  const driver = await openLinuxBridgeDriver({ setup, metadataDoor, clock, log: silentLog })
  closers.push(() => driver.close())
  type Wiring = Parameters<typeof driver.apply>[0]
  return [
    {
      host: settings.DEFAULT.host ?? hostname(),
      observe: (wiring: Wiring) => driver.observe(wiring),
      apply: async (wiring: Wiring) => (await driver.apply({ ...wiring, metadata: [] }, { isThorough: true })).troubles,
    },
  ]
}

/** The bridge that leads out, the host's address on it, and the translation of what leaves. */
function wayOut({ host, places }: Globals): readonly Check[] {
  const chosen = readChosen(host, fileOf(places))
  if (!chosen || !host.isRoot) return []
  const { bridge, outside: cidr } = chosen
  const gateway = cidr.replace(/\d+\/(\d+)$/, '1/$1')
  const repair = { what: 'it was stood up again', run: () => standUp(host, { bridge, cidr, mark: markOf(places) }) }
  const runs = async (program: string, args: readonly string[]) => host.run(program, args)
  return [
    {
      name: `${bridge} leads out`,
      async look(): Promise<readonly Finding[]> {
        const link = await runs('ip', ['-o', 'address', 'show', 'dev', bridge])
        const state = await runs('ip', ['-o', 'link', 'show', 'dev', bridge])
        const forwards = await runs('sysctl', ['-n', 'net.ipv4.ip_forward'])
        const table = await runs('nft', ['list', 'table', 'ip', `kilonova-${bridge}`])
        const amiss = [
          ...(state.code === 0 ? [] : [`the bridge ${bridge} is not there`]),
          ...(state.code === 0 && !/[<,]UP[,>]/.test(state.out) ? [`the bridge ${bridge} is down`] : []),
          ...(state.code === 0 && !link.out.includes(` ${gateway} `) ? [`${bridge} does not have the address ${gateway}`] : []),
          ...(forwards.out.trim() === '1' ? [] : ['this host passes no packets on: net.ipv4.ip_forward is not 1']),
          ...(table.out.includes('masquerade')
            ? []
            : [`what leaves by ${bridge} is not translated: the table kilonova-${bridge} is not whole`]),
        ]
        return amiss.map(what => ({ what, repair }))
      },
    },
  ]
}
