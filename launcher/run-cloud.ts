import { hostname } from 'node:os'
import { systemChance } from '@kilonova/platform/chance.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import { openBroker } from '@kilonova/platform/bus/in-process/broker.ts'
import { openBus } from '@kilonova/platform/bus/open.ts'
import { readConfig } from '@kilonova/platform/config/config.ts'
import { liveConfig, stampOf } from '@kilonova/platform/config/live.ts'
import type { Declaration } from '@kilonova/platform/config/options.ts'
import { type Listening, listen, type Mount } from '@kilonova/platform/http/listener.ts'
import { type OpenLog, openLog } from '@kilonova/platform/log/log.ts'
import { findPlugins, type Plugin } from '@kilonova/platform/plugins/find.ts'
import { type Cloud, openCloud, type Rooms } from './cloud.ts'
import { openers } from './openers.ts'
import { hasBroker, mustReachOthers } from './apart.ts'
import { daemonsHere, isApart } from './daemons.ts'
import { ensurePasswords } from './credentials.ts'
import { databaseOf } from './databases.ts'
import { claimPlaces } from './home.ts'
import { thisHost } from './host.ts'
import { type Places, placesOf } from './places.ts'
import { bornAt, findRunning, removeRunning, writeRunning } from './running.ts'
import { type Service, services } from './services.ts'
import { allOptions, filesOf, openings, openingsHere, readSettings, type Settings, sourcesOf, wantedServices } from './settings.ts'
import { tellServiceManager } from './systemd-unit.ts'
import { readTls, trustAlso, trustOf } from './tls.ts'

export interface RunWish {
  readonly home?: string | undefined
  /** `section.key=value`, above all files. */
  readonly flags?: readonly string[]
  /** The name of its note and log, beside others of one home; nothing for the cloud as a whole. */
  readonly instance?: string | undefined
  /** On a terminal: log there too. */
  readonly foreground?: boolean
}

/** Runs the cloud in this process until it is told to end; resolves when it serves. A start that fails ends the process with code 1. */
export async function runCloud(wish: RunWish, ways = openers): Promise<void> {
  const places = placesOf({ home: wish.home, isRoot: thisHost.isRoot, instance: wish.instance })
  const { settings, remarks } = readSettings(places, wish.flags ?? [], process.env)
  claimPlaces(places)
  const logs = new Map<string, OpenLog>()
  const logOf = (daemon: string) => {
    const log = logs.get(daemon) ?? openOne(daemon, { places, settings, foreground: wish.foreground ?? false })
    logs.set(daemon, log)
    return log
  }
  const own = daemonsHere(settings.DEFAULT).map(({ name }) => name)
  if (isApart(settings.DEFAULT)) process.title = own.join(' ')
  const log = logOf(wish.instance ?? 'kilonova')
  for (const remark of remarks) log.warn(remark)
  const fail = (message: string, error: unknown) => {
    log.error(`${message}: ${error instanceof Error ? error.message : String(error)}`, { error })
    for (const one of logs.values()) one.flush()
    removeRunning(places.running, process.pid)
    process.exit(1)
  }
  process.on('uncaughtException', error => fail('the cloud stopped at a defect', error))
  // One forgotten promise is a defect of one request; it does not take the cloud from everyone else.
  process.on('unhandledRejection', error => log.error('a rejection was handled by nobody', { error }))

  const other = findRunning(thisHost, places.running)
  if (other) return fail('the cloud was not started', new Error(`it runs already, as process ${other.pid}`))
  try {
    mustReachOthers(settings)
    const tls = readTls(settings, thisHost, systemClock.now())
    for (const { says, remedy } of tls?.remarks ?? []) log.warn(`${says}: ${remedy}`)
    const trust = trustOf(settings, tls, thisHost)
    if (trust !== undefined) trustAlso(trust, thisHost)
    const read = <const D extends Declaration>(declaration: D) =>
      readConfig(declaration, sourcesOf(places, wish.flags ?? [], process.env), [allOptions])
    const config: Rooms['config'] = declaration => read(declaration).values
    const live: Rooms['live'] = (declaration, daemon) =>
      liveConfig({ read: () => read(declaration), stamp: () => stampOf(filesOf(places)), clock: systemClock, log: logOf(daemon) })
    const wanted = wantedServices(settings, name => ways[name] !== undefined)
    const whole = services.filter(({ name }) => settings.DEFAULT.enabled_services.includes(name) && ways[name] !== undefined)
    const found = findPlugins(places.plugins)
    const remarks = new Map(found.refused.map(({ name, why }) => [`plug-in ${name}`, why]))
    const noted: Noted = {
      daemons: isApart(settings.DEFAULT) ? own : undefined,
      places,
      doors: openingsHere(settings, wanted),
      serving: false,
      remarks,
      notes: new Map(),
      plugins: {},
    }
    const rooms = {
      places,
      settings,
      config,
      live,
      databaseOf: (name: string) => databaseOf(name, settings, places),
      bus: () => busOf(settings, log),
      logOf,
      clock: systemClock,
      chance: systemChance,
      openings: openings(settings, whole),
      here: new Set(own),
      hostName: settings.DEFAULT.host ?? hostname(),
      plugins: found.plugins,
      remark: (about: string, says: string | undefined) => {
        if (remarks.get(about) === says) return
        if (says === undefined) remarks.delete(about)
        else remarks.set(about, says)
        log.warn(says === undefined ? `${about}: well again` : `${about}: ${says}`)
        note(noted)
      },
      note: (about: string, says: string | undefined) => {
        if (says === undefined) noted.notes.delete(about)
        else noted.notes.set(about, says)
        note(noted)
      },
    }
    const passwords = ensurePasswords(places, settings, process.env, systemChance)
    note(noted)
    const cloud = await openCloud({ ...rooms, passwords }, wanted, ways)
    const listening = await listen({
      mounts: mountsOf(cloud, rooms.openings),
      tls,
      health: () => healthOf(cloud),
      metrics: () => metricsOf(cloud),
    })
    endOnSignals({ cloud, listening, places, logs, log })
    notePlugins(cloud, found.plugins, noted)
    for (const { running } of cloud.open) await running.begin?.()
    noted.serving = true
    note(noted)
    if (wish.foreground) await tellServiceManager(process.env, thisHost)
    for (const [about, says] of remarks) log.warn(`${about}: ${says}`)
    log.info('the cloud serves', { ms: Math.round(performance.now()), services: wanted.map(({ name }) => name) })
  } catch (error) {
    fail('the cloud was not started', error)
  }
}

const busOf = (settings: Settings, log: OpenLog) => {
  const { transport_url: url = '' } = settings.DEFAULT
  const rooms = { clock: systemClock, chance: systemChance, log }
  return openBus(hasBroker(settings) ? { url, ...rooms } : { inProcess: openBroker(), ...rooms })
}

const openOne = (daemon: string, { places, settings, foreground }: { places: Places; settings: Settings; foreground: boolean }) =>
  openLog({
    daemon,
    dir: places.logs,
    terminal: foreground ? (process.stderr.isTTY ? 'human' : 'json') : 'none',
    clock: systemClock,
    level: settings.DEFAULT.debug ? 'debug' : settings.DEFAULT.log_level,
    maxBytes: settings.log.max_mb * 2 ** 20,
    keep: settings.log.keep,
  })

/** Only the doors that somebody answers are bound. */
const mountsOf = (cloud: Cloud, doors: Rooms['openings']): readonly Mount[] =>
  doors.flatMap(({ name, service, host, port, prefix }) => {
    const door = cloud.open.find(one => one.service.name === service.name)?.running.doors[name]
    return door ? [{ name, host, port, prefix, ...door }] : []
  })

const healthOf = async (cloud: Cloud) => {
  const all = await Promise.all(
    cloud.open.map(async ({ service, running }) => (await running.health()).map(line => `${service.name}: ${line}`)),
  )
  return all.flat()
}

const metricsOf = async (cloud: Cloud) =>
  (await Promise.all(cloud.open.map(({ running }) => running.metrics?.() ?? Promise.resolve('')))).join('')

interface Noted {
  readonly places: Places
  /** Where others are elsewhere. */
  readonly daemons: readonly string[] | undefined
  readonly doors: Rooms['openings']
  readonly remarks: Map<string, string>
  readonly notes: Map<string, string>
  plugins: Readonly<Record<string, string>>
  serving: boolean
}

const since = new Date().toISOString()

function note({ places, daemons, doors, serving, remarks, notes, plugins }: Noted) {
  writeRunning(places.running, {
    pid: process.pid,
    born: bornAt(thisHost, process.pid) ?? '',
    since,
    serving,
    ...(daemons === undefined ? {} : { daemons }),
    doors: doors
      .filter(({ name, service }) => name === service.name)
      .map(({ name, service, host, port, url }) => ({ name, type: (service as Service).type, host, port, url: `${url}${service.path}` })),
    remarks: Object.fromEntries(remarks),
    notes: Object.fromEntries(notes),
    plugins,
  })
}

/** A plug-in that no service knew what to do with is left out too, and named. */
function notePlugins(cloud: Cloud, plugins: readonly Plugin[], noted: Noted) {
  const outcomes = cloud.open.flatMap(({ running }) => running.plugins ?? [])
  const takers = cloud.open.filter(({ running }) => running.plugins).map(({ service }) => service.type)
  noted.plugins = Object.fromEntries(outcomes.flatMap(one => ('alias' in one ? [[one.name, one.alias]] : [])))
  for (const { name, extends: service } of plugins) {
    const outcome = outcomes.find(one => one.name === name)
    if (outcome === undefined)
      noted.remarks.set(
        `plug-in ${name}`,
        `it extends ${service}, and no service of this cloud that takes plug-ins is called so (${takers.join(', ') || 'none does'})`,
      )
    else if ('why' in outcome) noted.remarks.set(`plug-in ${name}`, outcome.why)
  }
}

function endOnSignals({
  cloud,
  listening,
  places,
  logs,
  log,
}: {
  cloud: Cloud
  listening: Listening
  places: Places
  logs: Map<string, OpenLog>
  log: OpenLog
}) {
  let ending = false
  const end = async (signal: NodeJS.Signals) => {
    if (ending) return
    ending = true
    log.info('the cloud ends', { signal })
    await listening.close(5_000)
    await cloud.close()
    removeRunning(places.running, process.pid)
    for (const one of logs.values()) one.close()
    process.exit(0)
  }
  process.on('SIGTERM', signal => void end(signal))
  process.on('SIGINT', signal => void end(signal))
}
