import { Readable } from 'node:stream'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { StoreDriver } from '../stores/store.ts'
import type { Web } from '../content/content.ts'

/** Data that lies on other servers: it is read from there, and never written or removed. */
export function httpStore(web: Web): StoreDriver {
  const refuse = async () => {
    throw new Refusal('invalid', 'This store takes no data.')
  }
  return {
    knows: url => /^https?:\/\//i.test(url) && URL.canParse(url) && isAllowed(web, url),
    receive: refuse,
    size: async () => undefined,
    async read(url, range) {
      const { body } = await web.open(url, new AbortController().signal)
      const bytes = Readable.from(range ? cut(body, range.start, range.end + 1) : body)
      bytes.on('error', () => {})
      return bytes
    },
    remove: async () => {},
    sweep: async () => {},
    sweepOlderThan: async () => {},
  }
}

function isAllowed(web: Web, url: string): boolean {
  try {
    web.check(url)
    return true
  } catch {
    return false
  }
}

async function* cut(body: AsyncIterable<Uint8Array>, start: number, end: number) {
  let at = 0
  for await (const part of body) {
    const [from, to] = [Math.max(0, start - at), Math.min(part.length, end - at)]
    if (to > from) yield part.subarray(from, to)
    at += part.length
    if (at >= end) return
  }
}
