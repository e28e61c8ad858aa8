import type { ImageService } from '@kilonova/image/main.ts'
import type { Rooms } from './cloud.ts'
import type { Host } from './host.ts'

/** What is said of it in `up`, `status` and `doctor`. */
export const firstImageTopic = 'image kilonova-guest'

export interface FirstImageRooms extends Pick<Rooms, 'clock' | 'logOf' | 'remark' | 'note'> {
  readonly guestImage: ImageService['guestImage']
  readonly host: Pick<Host, 'isRoot' | 'run'>
  owner(): Promise<string | undefined>
  readonly againMs?: number
}

/**
 * Gives a new cloud an image to boot, beside everything else: whoever cannot fetch packages has a cloud without it, and is told why. It is
 * tried again until it is there.
 */
export function firstImage({ clock, logOf, remark, note, guestImage, host, owner, againMs = 600_000 }: FirstImageRooms) {
  const ending = new AbortController()
  const known = Promise.withResolvers<void>()
  const there = Promise.withResolvers<void>()
  const log = logOf('glance-api')
  const provide = async () => {
    const project = await owner()
    ending.signal.throwIfAborted()
    const outcome = await guestImage.provide(project, ending.signal, () => {
      note(firstImageTopic, 'is being made')
      known.resolve()
    })
    remark(firstImageTopic, undefined)
    note(firstImageTopic, outcome === 'deleted' ? undefined : 'is there')
    if (outcome !== 'deleted') there.resolve()
    if (outcome === 'made') log.info(`${firstImageTopic} was made and registered`)
  }
  const begin = async () => {
    for (let isFirst = true; ; isFirst = false) {
      try {
        return await provide()
      } catch (error) {
        if (ending.signal.aborted) return
        known.resolve()
        // The lists of a fresh machine are empty or old.
        const isWorthMore = isFirst && host.isRoot && (await host.run('apt-get', ['-q', 'update'], { timeoutMs: 120_000 })).code === 0
        if (isWorthMore) continue
        note(firstImageTopic, undefined)
        remark(firstImageTopic, `it could not be made from Debian's packages: ${wordsOf(error)}`)
        await clock.sleep(againMs, ending.signal)
      }
    }
  }
  let working: Promise<void> | undefined
  return {
    /** Resolves as soon as it is known whether there is anything to do. */
    begin: (): Promise<void> => {
      working ??= begin()
        .catch(error => {
          if (!ending.signal.aborted) log.error(`${firstImageTopic} could not be made`, { error })
        })
        .finally(known.resolve)
      return known.promise
    },
    /** Resolves when there is an image to boot; never, when an administrator deleted it. */
    there: there.promise,
    done: () => working,
    stop: async () => {
      ending.abort(new Error('the cloud ends'))
      await working
    },
  }
}

const wordsOf = (error: unknown) => (error instanceof Error ? error.message.replace(/\.$/, '') : String(error))
