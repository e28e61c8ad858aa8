import { randomBytes, timingSafeEqual } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Guest } from '../../contract/guest.ts'
import type { DiskOffer } from '../../contract/transfers.ts'
import type { Made } from '../driver.ts'
import type { BaseImages } from './base-images.ts'
import type { Directories } from './directories.ts'
import { grow, isDrive, isMoved, type Kept, refuseShrinking, wantedBytes } from './kept.ts'
import { exists, makeAtOnce, type Paths } from './paths.ts'
import type { Run } from './run.ts'

/**
 * Disks on their way to another host. The host they leave opens a door of its own while anything is offered, and whoever has the word of an
 * offer may read the files of that guest; the host they go to puts its own bases below them.
 */
export interface Offers {
  offer(uuid: string): Promise<DiskOffer>
  withdraw(uuid: string): Promise<void>
  fetch(guest: Guest, offer: DiskOffer): Promise<Made>
  close(): Promise<void>
}

interface Parts {
  readonly kept: Kept
  readonly paths: Paths
  readonly directories: Directories
  readonly bases: BaseImages
  readonly run: Run
  readonly hostIp: string
}

const fetchMs = 3_600_000

export function offers(parts: Parts): Offers {
  const words = new Map<string, { readonly word: string; readonly files: ReadonlyMap<string, string> }>()
  const door = doorOf((uuid, name, word) => {
    const open = words.get(uuid)
    return open && same(open.word, word) ? open.files.get(name) : undefined
  }, parts.hostIp)

  return {
    offer: async uuid => {
      const files = await Promise.all((await parts.kept.filesOf(uuid)).map(file => whole(file, parts.run)))
      const word = words.get(uuid)?.word ?? randomBytes(32).toString('base64url')
      words.set(uuid, { word, files: new Map(files.map(({ name, path }) => [name, path])) })
      return {
        url: `${await door.open()}/${uuid}`,
        headers: { authorization: `Bearer ${word}` },
        disks: files.map(({ name, sizeBytes }) => ({ name, format: isDrive(name) ? 'raw' : 'qcow2', sizeBytes })),
      }
    },
    withdraw: async uuid => {
      if (words.delete(uuid) && words.size === 0) await door.close()
    },
    fetch: (guest, offer) => fetchDisks(guest, offer, parts),
    close: door.close,
  }
}

/** Two hosts never format alike: an ephemeral disk leaves without its base. */
async function whole(file: { name: string; path: string; sizeBytes: number }, run: Run): Promise<typeof file> {
  if (file.name === 'disk' || isDrive(file.name)) return file
  const path = `${file.path}.whole`
  if (!(await exists(path))) {
    await makeAtOnce(path, temporary =>
      run('qemu-img', ['convert', '-f', 'qcow2', '-O', 'qcow2', file.path, temporary], { deadlineMs: fetchMs }),
    )
  }
  return { ...file, path, sizeBytes: (await stat(path)).size }
}

async function fetchDisks(guest: Guest, offer: DiskOffer, { paths, directories, bases, run }: Parts): Promise<Made> {
  const made = await directories.begin(guest.uuid)
  for (const { name, sizeBytes } of offer.disks) {
    const target = join(paths.directoryOf(guest.uuid), name)
    if (!isMoved(name) || (await exists(target))) continue
    const base = name === 'disk' && guest.image ? await bases.ensure(guest.image) : undefined
    await makeAtOnce(target, async temporary => {
      await fetchInto(`${offer.url}/${name}`, offer.headers, temporary, sizeBytes)
      if (base !== undefined) await run('qemu-img', ['rebase', '-u', '-q', '-f', 'qcow2', '-F', 'raw', '-b', base, temporary])
      await refuseShrinking(temporary, wantedBytes(guest, name))
      await grow(temporary, wantedBytes(guest, name), run)
    })
  }
  return made
}

async function fetchInto(url: string, headers: Readonly<Record<string, string>>, path: string, sizeBytes: number): Promise<void> {
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(fetchMs) }).catch(cause => {
    throw new Refusal('unavailable', 'The disks could not be fetched from the host they are on.', { cause })
  })
  if (!response.ok || !response.body)
    throw new Refusal('unavailable', `The disks could not be fetched from the host they are on: ${response.status}.`)
  const file = createWriteStream(path)
  await pipeline(Readable.fromWeb(response.body), file)
  if (file.bytesWritten !== sizeBytes)
    throw new Refusal('unavailable', `A disk did not arrive whole: ${file.bytesWritten} of ${sizeBytes} bytes.`)
}

const same = (one: string, other: string): boolean => one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other))

/** Open only while something is offered. */
function doorOf(find: (uuid: string, name: string, word: string) => string | undefined, hostIp: string) {
  let server: Promise<Server> | undefined

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [, uuid = '', name = ''] = (request.url ?? '').split('/')
    const path = find(uuid, name, /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '')
    if (request.method !== 'GET' || path === undefined) {
      response.writeHead(404).end()
      return
    }
    await pipeline(createReadStream(path), response).catch(() => response.destroy())
  }

  const listen = (): Promise<Server> =>
    new Promise((resolve, reject) => {
      const opened = createServer((request, response) => void answer(request, response))
      opened.once('error', reject)
      opened.listen(0, hostIp, () => resolve(opened))
    })

  return {
    open: async (): Promise<string> => {
      server ??= listen()
      const { port } = (await server).address() as AddressInfo
      return `http://${hostIp.includes(':') ? `[${hostIp}]` : hostIp}:${port}`
    },
    close: async (): Promise<void> => {
      const open = await server
      server = undefined
      if (!open) return
      open.closeAllConnections()
      await new Promise(resolve => open.close(resolve))
    },
  }
}
