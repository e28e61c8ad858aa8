import { createServer } from 'node:net'
import { constants } from 'node:fs'
import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Guest } from '../../contract/guest.ts'
import { cpuWishesOf } from '../../contract/cpu-wishes.ts'
import { placeCpus } from './domain/cpu-places.ts'
import { serialPortCount } from './domain/devices.ts'
import type { Abilities, Machine } from './domain/machine.ts'
import { wishesOf } from '../../contract/wishes.ts'
import type { Domains } from './domains.ts'
import { withPagesOfNow } from './large-pages.ts'
import type { LibvirtOptions } from './libvirt-options.ts'
import { exists, type Paths } from './paths.ts'
import { detailsOf } from './xml-of-domain.ts'

/** What of this host goes into a guest, chosen anew at each start from what no other guest has. */
export interface Machines {
  /** Runs `start` with the guest's machine; nobody else is given the same processors and ports meanwhile. */
  withMachine<T>(guest: Guest, start: (machine: Machine) => Promise<T>): Promise<T>
}

export interface MachineParts {
  readonly virtType: 'kvm' | 'qemu'
  readonly version: string
  readonly options: LibvirtOptions
  readonly paths: Paths
  readonly domains: Domains
  readonly abilities: () => Promise<Abilities>
}

export function machines({ virtType, version, options, paths, domains, abilities }: MachineParts): Machines {
  let cache: Promise<'none' | 'writeback'> | undefined
  let last: Promise<unknown> = Promise.resolve()

  /** What guests that run have for themselves. */
  const takenByOthers = async (uuid: string) => {
    const running = (await domains.list()).filter(each => each.uuid !== uuid && (each.power === 'running' || each.power === 'paused'))
    const details = await Promise.all(
      running.map(async ({ uuid: other, name }) => detailsOf(await domains.xml({ uuid: other, name, id: -1 }))),
    )
    return { cpus: new Set(details.flatMap(each => each.pins)), ports: new Set(details.flatMap(each => each.serialPorts)) }
  }

  const describe = async (guest: Guest, taken: { cpus: ReadonlySet<number>; ports: ReadonlySet<number> }): Promise<Machine> => {
    const host = await abilities()
    cache ??= cacheBelow(paths.root).catch(error => {
      cache = undefined
      throw error
    })
    const cpus = {
      cells: await withPagesOfNow(host.cells),
      dedicated: options.dedicatedCpus,
      shared: options.sharedCpus,
      taken: taken.cpus,
    }
    return {
      ...{ virtType, version, options, host },
      directory: paths.directoryOf(guest.uuid),
      cache: await cache,
      places: placeCpus(guest, cpus),
      drive: await driveIn(paths.directoryOf(guest.uuid), guest),
      serialPorts: options.serial.isOn ? await freePorts(options.serial, taken.ports, serialPortCount(wishesOf(guest))) : [],
    }
  }

  const isChosen = (guest: Guest): boolean => options.serial.isOn || cpuWishesOf(guest).policy !== 'shared'

  return {
    withMachine: async (guest, start) => {
      if (!isChosen(guest)) return start(await describe(guest, { cpus: new Set(), ports: new Set() }))
      const turn = last.then(
        async () => start(await describe(guest, await takenByOthers(guest.uuid))),
        async () => start(await describe(guest, await takenByOthers(guest.uuid))),
      )
      last = turn
      return turn
    },
  }
}

/** One that is rescued has a drive of its own for that, when it was given the text. */
async function driveIn(directory: string, { rescueImage }: Guest): Promise<string | undefined> {
  const names = rescueImage ? ['disk.config.rescue', 'disk.config'] : ['disk.config']
  for (const name of names) if (await exists(join(directory, name))) return join(directory, name)
  return undefined
}

type Lines = LibvirtOptions['serial']

async function freePorts({ listen, firstPort, lastPort }: Lines, taken: ReadonlySet<number>, count: number): Promise<number[]> {
  const found: number[] = []
  for (let port = firstPort; port < lastPort && found.length < count; port++)
    if (!taken.has(port) && (await isFree(listen, port))) found.push(port)
  if (found.length < count)
    throw new Refusal('unavailable', `[serial_console] port_range ${firstPort}:${lastPort} has no ports left on this host.`)
  return found
}

const isFree = (host: string, port: number): Promise<boolean> =>
  new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, host, () => server.close(() => resolve(true)))
  })

/** Guests' disks bypass the host's page cache where the file system lets them. */
async function cacheBelow(folder: string): Promise<'none' | 'writeback'> {
  await mkdir(folder, { recursive: true })
  const path = join(folder, `.direct-io-${process.pid}`)
  try {
    const file = await open(path, constants.O_CREAT | constants.O_WRONLY | constants.O_DIRECT)
    await file.close()
    return 'none'
  } catch {
    return 'writeback'
  } finally {
    await rm(path, { force: true })
  }
}
