import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { mustReachOthers } from './apart.ts'
import { openers } from './openers.ts'
import { openrcFile } from './credentials.ts'
import { claimPlaces } from './home.ts'
import type { Host } from './host.ts'
import { startHostDaemons } from './host-daemons.ts'
import { aptLine, install, missingPackages, neededFor, recommended } from './packages.ts'
import { patienceWith } from './patience.ts'
import { type Places, sourceDir } from './places.ts'
import { portOwner } from './port-owner.ts'
import { publishCredentials } from './publish-credentials.ts'
import { cpuOf, findRunning, hearHealth, notesOf, remarksOf, type Running } from './running.ts'
import type { services } from './services.ts'
import { type Opening, openingsHere, readSettings, type Settings, wantedServices } from './settings.ts'
import { readTls } from './tls.ts'

export interface UpWish {
  readonly places: Places
  readonly home: string | undefined
  readonly flags: readonly string[]
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly mayInstall: boolean
  /** How long the cloud may take until it serves; longer, while it is seen to work at it. */
  readonly deadlineMs: number
  /** The name of one process among several of the home; nothing for the cloud as a whole. */
  readonly instance?: string | undefined
  /** Stay in this process, with the log on the terminal. */
  readonly foreground?: boolean
}

export interface UpRooms {
  readonly host: Host
  readonly clock: Clock
  readonly chance: Chance
  say(line: string): void
  /** The program that is the cloud; a test puts its own in its place. */
  readonly program?: string
  /** The services there are. */
  readonly built?: readonly string[]
}

/** Everything before the process: 0 or 1 as the exit code, once it serves or cannot. */
export async function up(wish: UpWish, rooms: UpRooms): Promise<number> {
  const { places } = wish
  const { host, say } = rooms
  const { settings, remarks } = readSettings(places, wish.flags, wish.environment)
  for (const remark of remarks) say(remark)

  const before = findRunning(host, places.running)
  if (before && wish.instance !== undefined) return complain(rooms, `${wish.instance} runs already, as process ${before.pid}.`)
  if (before) return await already(before, wish, rooms)
  if (!host.mayWrite(places.home))
    return complain(rooms, `${places.home} cannot be written: run as root, or choose a directory of your own with --home DIR.`)

  mustReachOthers(settings)
  const built = rooms.built ?? Object.keys(openers)
  const wanted = wantedServices(settings, name => built.includes(name))
  if (wanted.length === 0)
    return complain(
      rooms,
      `None of the services ${settings.DEFAULT.enabled_services.join(', ')} is in this version; it has ${built.join(', ') || 'none'}.`,
    )
  const doors = openingsHere(settings, wanted)
  const tls = readTls(settings, host, rooms.clock.now())
  for (const { says, remedy } of tls?.remarks ?? []) say(`${says}: ${remedy}.`)
  const lacking = await prepareHost(wish, rooms, wanted)
  if (lacking !== undefined) return complain(rooms, lacking)
  const taken = takenPort(host, doors, places)
  if (taken !== undefined) return complain(rooms, taken)

  claimPlaces(places)
  if (wanted.some(({ name }) => name === 'keystone')) publishCredentials({ ...rooms, ...wish, settings })
  if (wish.foreground) {
    const { runCloud } = await import('./run-cloud.ts')
    await runCloud({ home: wish.home, flags: wish.flags, instance: wish.instance, foreground: true })
    return 0
  }
  return await startAndWait(wish, rooms, settings)
}

async function already(running: Running, wish: UpWish, rooms: UpRooms): Promise<number> {
  const why = await waitUntilServing(running.pid, wish, rooms, () => false)
  if (why !== undefined)
    return complain(
      rooms,
      `The cloud runs as process ${running.pid} but does not serve: ${why}. Look at it with: kilonova logs${wish.places.hint}`,
    )
  rooms.say(`The cloud is already serving, as process ${running.pid} since ${running.since}.`)
  announce(running, wish.places, rooms)
  return 0
}

async function prepareHost({ mayInstall }: UpWish, rooms: UpRooms, wanted: typeof services): Promise<string | undefined> {
  const { host, say } = rooms
  const missing = missingPackages(host, neededFor(wanted))
  if (missing.length > 0 && (!mayInstall || !host.isRoot)) {
    const asRoot = host.isRoot ? '' : ' as root'
    return `Packages are missing: ${missing.map(({ name }) => name).join(', ')}. Run${asRoot}: ${aptLine(missing)}`
  }
  if (missing.length > 0) {
    const why = await install(host, missing, say)
    if (why !== undefined) return `The packages could not be installed: ${why}. Run: ${aptLine(missing)}`
  }
  const client = missingPackages(host, recommended)
  if (client.length > 0) say(`The openstack command is not installed; you will want it: ${aptLine(client)}`)
  // The cloud is worth having without guests; what keeps it from them is said.
  const why = wanted.some(({ needs }) => needs.includes('hypervisor')) ? await startHostDaemons(host, say) : undefined
  if (why !== undefined) say(`Guests cannot be started: ${why}`)
  return undefined
}

function takenPort(host: Host, doors: readonly Opening[], places: Places): string | undefined {
  for (const { name, port } of doors) {
    const owner = portOwner(host, port)
    if (owner)
      return `Port ${port}, which ${name} needs, is in use by ${owner.name}. Stop that, or move the port: kilonova config set${places.hint} ports.${name} PORT (or all of them: kilonova up --port-base PORT)`
  }
  return undefined
}

async function startAndWait(wish: UpWish, rooms: UpRooms, settings: Settings): Promise<number> {
  const { places, home, flags } = wish
  const outFile = join(places.logs, 'kilonova.out')
  const out = openSync(outFile, 'a', 0o640)
  const logged = sizes(places)
  const program = rooms.program ?? fileURLToPath(new URL('./daemon.ts', import.meta.url))
  const began = rooms.clock.monotonic()
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, JSON.stringify({ home, flags })], {
    detached: true,
    stdio: ['ignore', out, out],
    cwd: '/',
    env: { ...process.env, NODE_COMPILE_CACHE: compiledIn(rooms.host, places) },
  })
  closeSync(out)
  let ended = false
  child.once('exit', () => {
    ended = true
  })
  const why = await waitUntilServing(child.pid ?? 0, wish, rooms, () => ended)
  child.unref()
  if (why !== undefined) {
    if (!ended) child.kill('SIGTERM')
    return complain(rooms, `${ended ? lastError(places, logged) : why} (all of it: kilonova logs${places.hint})`)
  }
  const running = findRunning(rooms.host, places.running)
  rooms.say(`The cloud serves, after ${((rooms.clock.monotonic() - began) / 1000).toFixed(1)} s.`)
  if (running) announce(running, places, rooms)
  if (settings.DEFAULT.bind_host === '127.0.0.1' && running?.doors.length !== 0)
    rooms.say(
      `Only this machine can reach it. For others: kilonova config set${places.hint} bind_host 0.0.0.0, and my_ip to this machine's address.`,
    )
  return 0
}

/** What was compiled for one cloud serves all that run on these sources; where they may not be written, the next start of this one. */
const compiledIn = (host: Host, { home }: Places) => {
  const beside = join(sourceDir, 'node_modules', '.cache', 'kilonova')
  return host.mayWrite(beside) ? beside : join(home, 'cache')
}

/** Nothing once every door of the process says it is healthy; otherwise what it last said, at the deadline or when the process is gone. */
async function waitUntilServing(pid: number, wish: UpWish, rooms: UpRooms, hasEnded: () => boolean): Promise<string | undefined> {
  const { clock, host } = rooms
  const began = clock.monotonic()
  const patience = patienceWith(wish.deadlineMs, began, () => cpuOf(host, pid))
  let why: string | undefined = 'it has not begun'
  let isBusy = true
  while (patience.lasts(clock.monotonic(), isBusy) && !hasEnded()) {
    const running = findRunning(host, wish.places.running)
    if (running?.pid === pid && running.serving) {
      const answers = await Promise.all(running.doors.map(async door => ({ door, ...(await hearHealth(door, 2_000)) })))
      const ill = answers.find(({ complaint }) => complaint !== undefined)
      if (ill === undefined) return undefined
      why = `${ill.door.name} says: ${ill.complaint}`
      isBusy = answers.some(({ hasAnswered }) => !hasAnswered)
    }
    await clock.sleep(25)
  }
  return hasEnded() ? why : `it does not serve after ${Math.round((clock.monotonic() - began) / 1000)} s: ${why}`
}

function announce(running: Running, places: Places, { say }: UpRooms) {
  for (const { name, url } of running.doors) say(`  ${name.padEnd(10)} ${url}`)
  for (const line of notesOf(running)) say(`  ${line}`)
  for (const remark of remarksOf(running)) say(`Amiss: ${remark}`)
  say('What next:')
  if (running.doors.some(({ type }) => type === 'identity')) {
    say(`  . ${openrcFile(places, 'admin')}`)
    say('  openstack token issue')
  }
  const wait = Object.values(running.notes ?? {}).includes('is being made')
    ? `  # when the image is there: kilonova status${places.hint}`
    : ''
  if (existsSync(join(places.home, 'first-networks.json'))) {
    say(`  . ${openrcFile(places, 'demo')}`)
    say(`  openstack server create --image kilonova-guest --flavor m1.nano --network private --wait vm1${wait}`)
  }
  if (running.doors.some(({ type }) => type === 'image'))
    say('  openstack image create --public --disk-format qcow2 --file FILE NAME (CirrOS, Debian, Ubuntu: any cloud image)')
  say(`  kilonova status${places.hint}; kilonova logs${places.hint}; kilonova down${places.hint}`)
}

const sizes = (places: Places) => {
  const size = (name: string) => (existsSync(join(places.logs, name)) ? statSync(join(places.logs, name)).size : 0)
  return { log: size('kilonova.log'), out: size('kilonova.out') }
}

/** The last error a process wrote before it ended: from its log, otherwise from what it printed. */
function lastError(places: Places, before: { log: number; out: number }): string {
  const since = (name: string, at: number) => {
    const file = join(places.logs, name)
    return existsSync(file)
      ? readFileSync(file)
          .subarray(at)
          .toString('utf8')
          .trim()
          .split('\n')
          .filter(line => line !== '')
      : []
  }
  for (const line of since('kilonova.log', before.log).toReversed()) {
    const { level, msg } = JSON.parse(line) as { level?: string; msg?: string }
    if (level === 'error' && msg !== undefined) return msg
  }
  const printed = since('kilonova.out', before.out)
  return printed.find(line => /error|cannot|refus/i.test(line)) ?? printed.at(-1) ?? 'the process ended without a word'
}

function complain({ say }: UpRooms, line: string): number {
  say(line)
  return 1
}
