import { Readable } from 'node:stream'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { OtherRegions, RemoteImage } from '../imports/import.ts'

interface Wish {
  /** The address of an image service, as the user's catalog says it. */
  addressOf(image: RemoteImage): Promise<string | undefined>
  /** Of the properties there, those come along whose names begin so. */
  readonly prefixes: readonly string[]
}

const lookMs = 30_000

/** Image services that the catalog names. It is the operator's word, so that no rules for users' addresses stand in the way. */
export function otherRegions({ addressOf, prefixes }: Wish): OtherRegions {
  async function ask(image: RemoteImage, what: string, { token, signal }: { token: string; signal: AbortSignal }): Promise<Response> {
    const address = await addressOf(image)
    if (address === undefined) throw new Refusal('not-found', `${image.interface} glance endpoint not found for region ${image.region}`)
    const url = `${address.replace(/\/+(v2\/*)?$/, '')}/v2/images/${image.imageId}${what}`
    const headers = { 'x-auth-token': token, accept: 'application/json', 'accept-encoding': 'identity' }
    const answer = await fetch(url, { headers, redirect: 'manual', signal }).catch((cause: unknown) => {
      throw new Refusal('conflict', `Region ${image.region} cannot be reached: ${reasonIn(cause)}`, { cause })
    })
    if (answer.status === 200) return answer
    await answer.body?.cancel()
    throw new Refusal('not-found', `Region ${image.region} answered ${answer.status} when it was asked for image ${image.imageId}.`)
  }

  return {
    async look(image, token, signal) {
      const answer = await ask(image, '', { token, signal: AbortSignal.any([signal, AbortSignal.timeout(lookMs)]) })
      const said = (await answer.json()) as Readonly<Record<string, unknown>>
      const { status, size, disk_format: diskFormat, container_format: containerFormat } = said
      const coming = Object.entries(said).flatMap(([name, value]) =>
        typeof value === 'string' && !name.startsWith('os_glance') && prefixes.some(prefix => name.startsWith(prefix))
          ? [[name, value]]
          : [],
      )
      return {
        status: String(status),
        sizeBytes: typeof size === 'number' ? size : undefined,
        declared: { diskFormat: String(diskFormat), containerFormat: String(containerFormat) },
        properties: Object.fromEntries(coming),
      }
    },

    async open(image, token, signal) {
      const { body } = await ask(image, '/file', { token, signal })
      if (!body) throw new Refusal('conflict', `Region ${image.region} sent no data of image ${image.imageId}.`)
      const bytes = Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0])
      // Whoever reads hears of it; until then a server that hangs up must not take the process along.
      bytes.on('error', () => {})
      return { body: bytes }
    },
  }
}

const reasonIn = (cause: unknown) =>
  cause instanceof Error ? (cause.cause instanceof Error ? cause.cause.message : cause.message) : String(cause)
