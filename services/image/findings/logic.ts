import type { Check, Finding, Kept } from './finding.ts'
import type { FindingStore } from './store.ts'

export interface Rooms {
  readonly store: FindingStore
  /** How long the file at an address is; nothing when there is none. */
  readonly sizeOf: (url: string) => Promise<number | undefined>
}

/** What must hold of images. Who says that an image can be had must have its data. */
export const imageChecks = ({ store, sizeOf }: Rooms): readonly Check[] => [
  {
    name: 'every image that can be had has its file, whole',
    async look() {
      const found = await Promise.all((await store.list()).flatMap(image => image.urls.map(url => compare(image, url, sizeOf))))
      return found.flat()
    },
  },
]

async function compare({ id, name, sizeBytes }: Kept, url: string, sizeOf: Rooms['sizeOf']): Promise<readonly Finding[]> {
  const size = await sizeOf(url)
  const whose = `image ${name ?? 'without a name'} (${id})`
  if (size === undefined) return [{ what: `${whose} is to lie at ${url}, and there is no such file` }]
  if (sizeBytes === null || size === sizeBytes) return []
  return [{ what: `${whose} has ${sizeBytes} bytes, and its file at ${url} has ${size}` }]
}
