import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { GuestImage, ImageAddress, ImageSource } from '../../contract/guest.ts'
import { exists } from './paths.ts'
import type { Run } from './run.ts'
import type { SharedFiles } from './shared-files.ts'

/** One raw, sparse copy of every image that guests of this host boot from, named by the digest of the image's id. */
export interface BaseImages {
  /** Where the image's base lies. Made if need be. */
  ensure(image: GuestImage): Promise<string>
}

const fetchMs = 3_600_000

export function baseImages({ shared, run }: { shared: SharedFiles; run: Run }): BaseImages {
  const fill = async (image: GuestImage, temporary: string): Promise<void> => {
    const fetched = `${temporary}.image`
    try {
      const address = await addressOf(image.source)
      const source = address ? await fetchInto(image, address, fetched) : pathOf(image.source)
      if (!address && image.sha512 !== undefined) await checkDigest(image, createReadStream(source))
      await refuseReferences(source, image, run)
      await run('qemu-img', ['convert', '-f', image.format, '-O', 'raw', source, temporary], { deadlineMs: fetchMs })
    } finally {
      await rm(fetched, { force: true })
    }
  }
  return { ensure: image => shared.ensure(baseNameOf(image.id), temporary => fill(image, temporary)) }
}

export const baseNameOf = (imageId: string): string => createHash('sha1').update(imageId).digest('hex')

/** Nothing where the data is a file of this host: the image service may run here, or its files be shared. */
async function addressOf(source: ImageSource): Promise<ImageAddress | undefined> {
  if (source.from === 'http') return source
  return source.elsewhere && !(await exists(source.path)) ? source.elsewhere : undefined
}
const pathOf = (source: ImageSource): string => (source.from === 'file' ? source.path : '')

async function fetchInto(image: GuestImage, { url, headers = {} }: ImageAddress, path: string): Promise<string> {
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(fetchMs) }).catch(cause => {
    throw new Refusal('unavailable', `Image ${image.id} could not be fetched.`, { cause })
  })
  if (!response.ok || !response.body) {
    throw new Refusal(response.status === 404 ? 'not-found' : 'unavailable', `Image ${image.id} could not be fetched: ${response.status}.`)
  }
  const digest = createHash('sha512')
  const counting = counted(digest)
  await pipeline(Readable.fromWeb(response.body), counting.stream, createWriteStream(path))
  if (image.sizeBytes !== undefined && counting.bytes() !== image.sizeBytes) throw corrupt(image, `${counting.bytes()} bytes arrived`)
  if (image.sha512 !== undefined && digest.digest('hex') !== image.sha512) throw corrupt(image, 'its digest differs')
  return path
}

function counted(digest: ReturnType<typeof createHash>): { stream: Transform; bytes(): number } {
  let bytes = 0
  const stream = new Transform({
    transform: (chunk: Buffer, _encoding, next) => {
      bytes += chunk.length
      digest.update(chunk)
      next(undefined, chunk)
    },
  })
  return { stream, bytes: () => bytes }
}

async function checkDigest(image: GuestImage, stream: Readable): Promise<void> {
  const digest = createHash('sha512')
  for await (const chunk of stream) digest.update(chunk as Buffer)
  if (digest.digest('hex') !== image.sha512) throw corrupt(image, 'its digest differs')
}

const corrupt = (image: GuestImage, how: string): Refusal => new Refusal('unavailable', `Image ${image.id} did not arrive whole: ${how}.`)

/** An image that names other files would read them from this host with this program's rights. None that we serve does. */
async function refuseReferences(path: string, image: GuestImage, run: Run): Promise<void> {
  // No -U and the format given: nothing is guessed from what an owner wrote into the image.
  const facts: unknown = JSON.parse(await run('qemu-img', ['info', '--output=json', '-f', image.format, path]))
  const text = JSON.stringify(facts)
  if (text.includes('"backing-filename"') || text.includes('"data-file"')) {
    throw new Refusal('invalid', `Image ${image.id} refers to other files and is not accepted.`)
  }
}
