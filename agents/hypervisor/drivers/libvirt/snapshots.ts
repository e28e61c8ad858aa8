import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { Clock } from '@kilonova/platform/clock.ts'
import type { Log } from '@kilonova/platform/log/log.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Snapshot, SnapshotWish } from '../../contract/transfers.ts'
import { noAgent, noGuest } from '../driver.ts'
import { type Domain, type Domains, isLibvirt } from './domains.ts'
import { element, find, parseXml, writeXml } from './xml.ts'
import { errorCodes } from './rpc/procedures.ts'
import { exists, type Paths } from './paths.ts'
import type { Run } from './run.ts'

/**
 * A copy of a guest's root disk as one file that needs no base. Of a guest that is off it is converted; of one that runs QEMU copies the disk as it
 * is at one moment, while the guest goes on writing.
 */
export interface Snapshots {
  take(wish: SnapshotWish): Promise<Snapshot>
  removeHalves(): Promise<void>
}

interface Parts {
  readonly paths: Paths
  readonly host: string
  readonly domains: Domains
  readonly run: Run
  readonly clock: Clock
  readonly log: Log
}

const copyMs = 3_600_000
const lookEveryMs = 100

export function snapshots({ paths, host, domains, run, clock, log }: Parts): Snapshots {
  const underWay = new Set<string>()

  const take = async (wish: SnapshotWish): Promise<Snapshot> => {
    const domain = await domains.find(wish.uuid)
    if (!domain) throw noGuest(wish.uuid)
    await mkdir(paths.snapshots, { recursive: true })
    const file = join(paths.snapshots, `${wish.uuid}-${host}-${process.pid}.${wish.format}`)
    underWay.add(file)
    try {
      const power = await domains.power(domain)
      if (power === 'running' || power === 'paused') await quiet(wish, domain, () => copyLive(domain, file, wish))
      else await copyCold(domain, file, wish)
      return await deliver(file, wish)
    } finally {
      await rm(file, { force: true })
      underWay.delete(file)
    }
  }

  const copyCold = async ({ uuid }: Domain, file: string, { format }: SnapshotWish): Promise<void> => {
    const root = join(paths.directoryOf(uuid), 'disk')
    if (!(await exists(root))) throw new Refusal('conflict', `Instance ${uuid} has no disk of its own to take a snapshot of.`)
    await run('qemu-img', ['convert', '-f', 'qcow2', '-O', format, root, file], { deadlineMs: copyMs })
  }

  const copyLive = async (domain: Domain, file: string, { format }: SnapshotWish): Promise<void> => {
    const devices = disksIn(await domains.xml(domain))
    const root = devices.find(each => each.path === join(paths.directoryOf(domain.uuid), 'disk'))
    if (!root) throw new Refusal('conflict', `Instance ${domain.uuid} has no disk of its own to take a snapshot of.`)
    await rm(file, { force: true })
    await domains.beginBackup(domain, backupXml(devices, root.device, file, format))
    // One that is given up goes on in QEMU otherwise, and is in the way of the next.
    await copied(domain).catch(async error => {
      await domains
        .abortJob(domain)
        .catch(failure => log.warn('a snapshot could not be broken off', { instance_id: domain.uuid, error: failure }))
      throw error
    })
    const failure = await domains.lastFailure(domain)
    if (failure !== undefined) throw new Error(`the snapshot of ${domain.uuid} failed: ${failure}`)
  }

  const copied = async (domain: Domain): Promise<void> => {
    const deadline = clock.monotonic() + copyMs
    while ((await domains.job(domain)) === 'running') {
      if (clock.monotonic() > deadline) throw new Error(`the snapshot of ${domain.uuid} took more than ${copyMs} ms`)
      await clock.sleep(lookEveryMs)
    }
  }

  /** With the guest's file systems standing still, where that is wished and can be. */
  const quiet = async ({ quiesce = 'no' }: SnapshotWish, domain: Domain, act: () => Promise<void>): Promise<void> => {
    const isStill = quiesce !== 'no' && (await freeze(domain, quiesce))
    try {
      await act()
    } finally {
      if (isStill) await domains.thaw(domain)
    }
  }

  const freeze = async (domain: Domain, quiesce: 'required' | 'wanted'): Promise<boolean> => {
    try {
      await domains.freeze(domain)
      return true
    } catch (error) {
      const { argumentUnsupported, agentUnresponsive, operationUnsupported, configUnsupported } = errorCodes
      const isMute = isLibvirt(error, argumentUnsupported, agentUnresponsive, operationUnsupported, configUnsupported)
      if (quiesce === 'required') throw isMute ? noAgent() : error
      log.warn('a snapshot is taken of a guest that could not be made still', { instance_id: domain.uuid, error })
      return false
    }
  }

  const deliver = async (file: string, { format, target }: SnapshotWish): Promise<Snapshot> => {
    const { size: sizeBytes } = await stat(file)
    const facts = JSON.parse(await run('qemu-img', ['info', '--output=json', '-f', format, file])) as { 'virtual-size': number }
    const digest = createHash('sha512')
    const bytes = async function* (): AsyncGenerator<Buffer> {
      for await (const chunk of createReadStream(file, { highWaterMark: 1024 ** 2 })) {
        digest.update(chunk as Buffer)
        yield chunk as Buffer
      }
    }
    if (target.to === 'http') await upload(target, Readable.from(bytes()), sizeBytes)
    else {
      for await (const _ of bytes());
      await move(file, target.path, run)
    }
    return { format, sizeBytes, virtualSizeBytes: facts['virtual-size'], sha512: digest.digest('hex') }
  }

  const removeHalves = async (): Promise<void> => {
    for (const name of await readdir(paths.snapshots).catch(() => [])) {
      const file = join(paths.snapshots, name)
      // What was handed over lies here as well, under names of others, until whoever asked for it has it; and what other hosts are at.
      if (isOwnName(name, host) && !underWay.has(file)) await rm(file, { force: true })
    }
  }

  return { take, removeHalves }
}

/** `<uuid>-<host>-<process>.qcow2`. */
const isOwnName = (name: string, host: string): boolean => {
  const [, maker] = /^[0-9a-f-]{36}-(.+)-\d+\.(qcow2|raw)$/.exec(name) ?? []
  return maker === host
}

async function upload(target: { url: string; headers?: Readonly<Record<string, string>> | undefined }, body: Readable, bytes: number) {
  const headers = { 'content-type': 'application/octet-stream', 'content-length': `${bytes}`, ...target.headers }
  const wish = { method: 'PUT', headers, body: Readable.toWeb(body) as ReadableStream<Uint8Array>, duplex: 'half' } as const
  const response = await fetch(target.url, { ...wish, signal: AbortSignal.timeout(copyMs) }).catch(cause => {
    throw new Refusal('unavailable', 'The snapshot could not be handed over: the image service does not answer.', { cause })
  })
  if (!response.ok) throw new Refusal('unavailable', `The snapshot could not be handed over: the image service says ${response.status}.`)
  await response.body?.cancel()
}

async function move(from: string, to: string, run: Run): Promise<void> {
  await rename(from, to).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EXDEV') throw error
    await run('cp', ['--sparse=always', from, to], { deadlineMs: copyMs })
  })
}

interface DiskInXml {
  readonly device: string
  readonly path: string | undefined
}

/** Disks that can be written; a drive is no part of a backup. */
const disksIn = (xml: string): DiskInXml[] =>
  (find(parseXml(xml), 'devices')?.children ?? []).flatMap(child => {
    if (typeof child === 'string' || child.name !== 'disk' || child.attributes['device'] !== 'disk') return []
    const device = find(child, 'target')?.attributes['dev']
    return device === undefined ? [] : [{ device, path: find(child, 'source')?.attributes['file'] }]
  })

const backupXml = (disks: readonly DiskInXml[], root: string, file: string, format: string): string =>
  writeXml(
    element('domainbackup', { mode: 'push' }, [
      element(
        'disks',
        {},
        disks.map(({ device }) =>
          device === root
            ? element('disk', { name: device, backup: 'yes', type: 'file' }, [
                element('driver', { type: format }),
                element('target', { file }),
              ])
            : element('disk', { name: device, backup: 'no' }),
        ),
      ),
    ]),
  )
