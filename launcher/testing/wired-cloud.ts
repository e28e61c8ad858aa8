import { type NetworkAgent, openNetworkAgent } from '@kilonova/network-agent/main.ts'
import { networkChecks, networkOptions, openNetwork } from '@kilonova/network/main.ts'
import { openBroker } from '@kilonova/platform/bus/in-process/broker.ts'
import { openBus } from '@kilonova/platform/bus/open.ts'
import { seededChance } from '@kilonova/platform/chance.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import { readConfig } from '@kilonova/platform/config/config.ts'
import { readSources } from '@kilonova/platform/config/sources.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { verify } from '../verify.ts'
import { openHosts, until, type WiredHosts } from './wired-hosts.ts'

/** The network service with agents that wire two hosts for real; nobody else of the cloud. */
export interface WiredCloud {
  readonly hosts: WiredHosts
  /** As the administrator; gives what is under the one key of the answer. Fails when it is refused. */
  ask(route: string, body?: object): Promise<ReturnType<typeof JSON.parse>>
  /** Ends a host's agent as if it were killed: what it made stays. */
  endAgent(host: string): Promise<void>
  /** One that is not deaf mends what it hears of by itself. */
  startAgent(host: string, isDeaf?: boolean): Promise<void>
  /** `kilonova verify` over networks: its exit code and lines. */
  verify(repairs: boolean): Promise<{ readonly code: number; readonly lines: readonly string[] }>
  /** Waits until every host is wired as the tables say, cables of guests aside. */
  settled(): Promise<void>
  readonly database: Awaited<ReturnType<typeof openNetwork>>['database']
  close(): Promise<void>
}

const names = ['host1', 'host2']
const flags = [
  'ml2_type_flat.flat_networks=public',
  'ml2.tenant_network_types=vxlan',
  'DEFAULT.agent_down_time=3',
  'DEFAULT.global_physnet_mtu=1500',
]
const cause = { requestId: 'req-00000000-0000-4000-8000-000000000001', why: 'a test' }

export async function openWiredCloud(): Promise<WiredCloud> {
  const closers: (() => Promise<unknown>)[] = []
  const close = async () => {
    const failed: unknown[] = []
    for (const step of closers.splice(0).reverse()) await step().catch(error => failed.push(error))
    if (failed.length > 0) throw new AggregateError(failed, `the cloud could not be closed: ${failed.map(String).join('; ')}`)
  }
  try {
    return await open(closers, close)
  } catch (error) {
    await close()
    throw error
  }
}

async function open(closers: (() => Promise<unknown>)[], close: () => Promise<void>): Promise<WiredCloud> {
  const hosts = await openHosts(names)
  closers.push(hosts.clear)
  const [clock, chance, log] = [systemClock, seededChance(process.pid), silentLog]
  const broker = openBroker()
  const aBus = async () => {
    const bus = await openBus({ inProcess: broker, clock, chance, log })
    closers.push(() => bus.close())
    return bus
  }
  const settings = readConfig(networkOptions, readSources({ flags })).values
  const service = await openNetwork({
    databaseUrl: 'sqlite://',
    settings,
    tokens: { validate: async () => admin },
    bus: await aBus(),
    clock,
    chance,
    log,
  })
  closers.push(() => service.close())
  const agents = new Map<string, NetworkAgent>()
  const bare = { networks: [], ports: [], securityGroups: [], addressSets: [], dhcp: [], routers: [], metadata: [] }
  const lookers = new Map<string, Awaited<ReturnType<WiredHosts['openDriver']>>>()
  for (const host of names) {
    const driver = await hosts.openDriver(host)
    lookers.set(host, driver)
    closers.push(async () => {
      await driver.apply(bare, { isThorough: true })
      await driver.close()
    })
  }
  // An agent that looks seldom leaves what is broken to whoever looks first.
  const startAgent = async (host: string, isDeaf = true) => {
    // It hears of no device, so that whoever breaks one has time to look.
    const driver = { ...(await hosts.openDriver(host)), ...(isDeaf && { follow: () => ({ stop: () => {} }) }) }
    agents.set(
      host,
      await openNetworkAgent({ host, bus: await aBus(), driver, clock, chance, log, beatEveryMs: 500, lookEveryMs: 3_600_000 }),
    )
  }
  const endAgent = async (host: string) => {
    await agents.get(host)?.close()
    agents.delete(host)
  }
  closers.push(async () => void (await Promise.all(names.map(endAgent))))
  for (const host of names) await startAgent(host)

  const machines = names.map(host => ({
    host,
    observe: (wiring: typeof bare) => lookers.get(host)?.observe(wiring) ?? Promise.reject(new Error(host)),
    apply: async (wiring: typeof bare) =>
      (await lookers.get(host)?.apply({ ...wiring, metadata: [] }, { isThorough: true }))?.troubles ?? [],
  }))
  const checks = networkChecks({ database: service.database, settings, machines, clock, chance, livingServers: async ids => new Set(ids) })

  const ask: WiredCloud['ask'] = async (route, body) => {
    const [method = 'GET', url = ''] = route.split(' ')
    const headers = { 'x-auth-token': 'admin', ...(body && { 'content-type': 'application/json' }) }
    const answer = await service.door.inject({
      method: method as 'GET',
      url: `/v2.0${url}`,
      headers,
      ...(body && { payload: JSON.stringify(body) }),
    })
    if (answer.statusCode >= 300) throw new Error(`${route} answered ${answer.statusCode}: ${answer.body}`)
    const [inner] = Object.values(JSON.parse(answer.body || '{}') as object)
    return inner ?? {}
  }

  return {
    ...{ hosts, ask, endAgent, startAgent, close },
    database: service.database,
    verify: async repairs => {
      const lines: string[] = []
      const code = await verify({ checks, isRunning: false, repairs, clock, cause, print: line => void lines.push(line) })
      return { code, lines }
    },
    settled: () =>
      until(
        'the hosts are wired',
        async () => {
          const looks = await Promise.all(checks.slice(0, names.length).map(check => check.look(cause)))
          return looks.flat().length === 0
        },
        60_000,
      ),
  }
}

const now = '2026-01-01T00:00:00.000000Z'
const domain = { id: 'default', name: 'Default' }
const admin = {
  ...{ methods: ['password'], user: { id: 'u-admin', name: 'admin', domain, passwordExpiresAt: null } },
  scope: { kind: 'project' as const, project: { id: 'p-admin', name: 'admin', domain, isDomain: false } },
  roles: ['admin', 'member', 'reader'].map(name => ({ id: name, name })),
  ...{
    trust: undefined,
    applicationCredential: undefined,
    oauth: undefined,
    issuedAt: now,
    expiresAt: '2036-01-01T00:00:00.000000Z',
    auditIds: ['a'],
  },
}
