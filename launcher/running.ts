import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { get as getOverHttp } from 'node:http'
import { get as getOverHttps } from 'node:https'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Host } from './host.ts'

/** What a running cloud says of itself, in `running.json` of its home. */
export interface Running {
  readonly pid: number
  /** When the process began, as the kernel counts: a number that another process of the same pid cannot have. */
  readonly born: string
  /** ISO 8601. */
  readonly since: string
  readonly serving: boolean
  /** The daemons it is, where others are elsewhere. */
  readonly daemons?: readonly string[]
  readonly doors: readonly RunningDoor[]
  /** What is amiss though it serves, by what it is about: `plug-in widgets`. */
  readonly remarks?: Readonly<Record<string, string>>
  /** What is to be known besides: `image kilonova-guest` is being made. */
  readonly notes?: Readonly<Record<string, string>>
  /** The aliases of the plug-ins that were let in, by name. */
  readonly plugins?: Readonly<Record<string, string>>
}

export const remarksOf = ({ remarks = {} }: Running): readonly string[] =>
  Object.entries(remarks).map(([about, says]) => `${about}: ${says}`)

export const notesOf = ({ notes = {} }: Running): readonly string[] => Object.entries(notes).map(([about, says]) => `${about} ${says}`)

export interface RunningDoor {
  readonly name: string
  readonly type: string
  readonly host: string
  readonly port: number
  /** As the catalog has it. */
  readonly url: string
}

/** The cloud that runs from here; nothing when none does, or when what is written is of a process that is gone. */
export function findRunning(host: Host, file: string): Running | undefined {
  const text = host.readText(file)
  if (text === undefined) return undefined
  const running = readRunning(text)
  return running !== undefined && bornAt(host, running.pid) === running.born ? running : undefined
}

/** All processes that run from a home: the cloud, and daemons beside it, each with its note. */
export const findAllRunning = (
  host: Host,
  { home }: { readonly home: string },
): readonly { readonly running: Running; readonly file: string }[] =>
  host
    .list(home)
    .filter(name => /^running(-.+)?\.json$/.test(name))
    .toSorted()
    .flatMap(name => {
      const file = join(home, name)
      const running = findRunning(host, file)
      return running ? [{ running, file }] : []
    })

/** The kernel's start time of a process; nothing when there is none, or when it has ended and only waits to be counted. */
export function bornAt(host: Host, pid: number): string | undefined {
  const fields = statOf(host, pid)
  return fields === undefined || fields[0] === 'Z' ? undefined : fields[19]
}

/** Milliseconds of processors a process has used so far; the kernel counts in hundredths of a second. */
export function cpuOf(host: Host, pid: number): number {
  const [user = 0, system = 0] = statOf(host, pid)?.slice(11, 13).map(Number) ?? []
  return (user + system) * 10
}

/** What the kernel says of a process behind its name. */
function statOf(host: Host, pid: number): readonly string[] | undefined {
  const stat = host.readText(`/proc/${pid}/stat`)
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
}

export function writeRunning(file: string, running: Running): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(running, null, 2)}\n`, { mode: 0o644 })
  renameSync(`${file}.new`, file)
}

/** Takes the note away, if it is still this process's own. */
export function removeRunning(file: string, pid: number): void {
  try {
    if (readRunning(readFileSync(file, 'utf8'))?.pid === pid) rmSync(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

/** What `/healthz` answers: nothing when all is well, otherwise what is wrong. */
export const askHealth = async (door: Pick<RunningDoor, 'host' | 'port' | 'url'>, timeoutMs: number): Promise<string | undefined> =>
  (await hearHealth(door, timeoutMs)).complaint

/** The same, and whether the door answered at all: one that does not may be busy. */
export async function hearHealth(
  door: Pick<RunningDoor, 'host' | 'port' | 'url'>,
  timeoutMs: number,
): Promise<{ readonly complaint: string | undefined; readonly hasAnswered: boolean }> {
  try {
    const answer = await getHealth(door, timeoutMs)
    return { complaint: answer.ok ? undefined : complaintIn(answer.body), hasAnswered: true }
  } catch (error) {
    return { complaint: error instanceof Error ? error.message : String(error), hasAnswered: false }
  }
}

/**
 * NOTE: the certificate is not looked at. The door is asked by the address it is bound to, for which no certificate is made, and it is told
 * nothing.
 */
async function getHealth({ host, port, url }: Pick<RunningDoor, 'host' | 'port' | 'url'>, timeoutMs: number) {
  const isSecure = url.startsWith('https:')
  const signal = AbortSignal.timeout(timeoutMs)
  const address = `${isSecure ? 'https' : 'http'}://${reachable(host)}:${port}/healthz`
  const { promise, resolve, reject } = Promise.withResolvers<{ ok: boolean; body: string }>()
  const request = isSecure ? getOverHttps(address, { signal, rejectUnauthorized: false }) : getOverHttp(address, { signal })
  request.once('response', response => {
    text(response).then(body => resolve({ ok: response.statusCode === 200, body }), reject)
  })
  request.once('error', error => reject(signal.aborted ? new Error(`no answer within ${timeoutMs} ms`) : error))
  return await promise
}

/** An address that a client on this machine can connect to. */
export const reachable = (host: string) =>
  host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host

function complaintIn(text: string): string {
  try {
    const { complaints } = JSON.parse(text) as { complaints?: unknown }
    return Array.isArray(complaints) ? complaints.join('; ') : text
  } catch {
    return text
  }
}

function readRunning(text: string): Running | undefined {
  try {
    const said = JSON.parse(text) as Running
    return Number.isInteger(said.pid) && Array.isArray(said.doors) ? said : undefined
  } catch {
    return undefined
  }
}
