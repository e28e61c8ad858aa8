import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Delivery, Intake } from '../../content/content.ts'
import type { DataFacts } from '../../images/image.ts'
import type { Hashers } from './hashing.ts'
import { headBytes, inspect, tailBytes } from './formats/inspect.ts'
import { type FormatRules, judge } from './formats/judge.ts'

/** Data moves in batches of shared memory: while one is written and hashed, the next is filled. So many, and no more, per delivery. */
const batchBytes = 2 ** 20
const batchesInFlight = 4

export interface IntakeRules extends FormatRules {
  /** As clients see it: `sha512`. */
  readonly algorithm: string
}

/** `hashers` count MD5 first, then the algorithm of the rules. */
export const intake = (hashers: Hashers, rules: IntakeRules): Intake => ({
  async take(delivery) {
    const { source, expectedBytes, mostBytes, signal } = delivery
    if (expectedBytes !== undefined && expectedBytes > mostBytes) throw tooMuch(expectedBytes, mostBytes)
    const sink = openSink(hashers, delivery)
    const look = lookingAt(delivery, rules)
    try {
      for await (const part of source) {
        signal?.throwIfAborted()
        if (sink.size() + part.length > mostBytes) throw tooMuch(sink.size() + part.length, mostBytes)
        look.see(part, sink.size())
        await sink.put(part)
      }
      const sizeBytes = sink.size()
      if (expectedBytes !== undefined && sizeBytes !== expectedBytes)
        throw new Refusal('invalid', `${sizeBytes} bytes came, but ${expectedBytes} were promised.`)
      const virtualSizeBytes = look.conclude(sizeBytes)
      const [checksum = '', hashValue = ''] = await sink.end()
      return { sizeBytes, virtualSizeBytes, checksum, hashAlgorithm: rules.algorithm, hashValue } satisfies DataFacts
    } catch (error) {
      await sink.drop()
      throw error
    }
  },
})

const tooMuch = (bytes: number, most: number) =>
  new Refusal('too-large', `The incoming image is too large: ${bytes} bytes, where ${most} at most are taken.`)

/** Keeps the first and last bytes and judges them: once there are enough, and at the end. */
function lookingAt({ declared }: Delivery, rules: FormatRules) {
  const parts: Uint8Array[] = []
  let kept = 0
  let tail = Buffer.alloc(0)
  let isJudged = false
  const judged = (total: number | undefined) => {
    const found = inspect(Buffer.concat(parts), tail, total)
    const why = declared && judge(found, declared, rules, total)
    if (why !== undefined) throw new Refusal('unsupported-media', why)
    return found
  }
  return {
    see(part: Uint8Array, at: number) {
      if (declared === undefined) return
      if (at < headBytes) {
        // NOTE: a copy: the network's buffer is used again.
        const piece = Buffer.from(part.subarray(0, headBytes - at))
        parts.push(piece)
        kept += piece.length
      }
      tail = part.length >= tailBytes ? Buffer.from(part.subarray(-tailBytes)) : Buffer.concat([tail, part]).subarray(-tailBytes)
      if (!isJudged && kept >= headBytes) {
        isJudged = true
        judged(undefined)
      }
    },
    conclude: (total: number): number | null => (declared === undefined ? null : judged(total).virtualSizeBytes),
  }
}

interface Batch {
  readonly shared: SharedArrayBuffer
  readonly bytes: Buffer
}

function openSink(hashers: Hashers, { into }: Delivery) {
  const free: Batch[] = []
  const underWay: Promise<Batch>[] = []
  let made = 0
  let filling: Batch | undefined
  let filled = 0
  let size = 0
  let hashing: ReturnType<Hashers['begin']> | undefined
  let writing: Promise<void> = Promise.resolve()

  async function next(): Promise<Batch> {
    const ready = free.pop()
    if (ready) return ready
    if (made < batchesInFlight) {
      made++
      const shared = new SharedArrayBuffer(batchBytes)
      return { shared, bytes: Buffer.from(shared) }
    }
    const oldest = underWay.shift()
    if (!oldest) throw new Error('no batch is free and none is under way')
    return await oldest
  }

  function send(batch: Batch, length: number) {
    hashing ??= hashers.begin()
    writing = writing.then(() => into.write(batch.bytes.subarray(0, length)))
    const both = Promise.all([writing, hashing.update(batch.shared, length)]).then(() => batch)
    // Whoever takes the batch next hears of a failure; nobody may be there to take it.
    both.catch(() => {})
    underWay.push(both)
  }

  return {
    size: () => size,
    async put(part: Uint8Array) {
      for (let at = 0; at < part.length; ) {
        filling ??= await next()
        const room = Math.min(batchBytes - filled, part.length - at)
        filling.bytes.set(part.subarray(at, at + room), filled)
        filled += room
        at += room
        size += room
        if (filled === batchBytes) {
          send(filling, filled)
          filling = undefined
          filled = 0
        }
      }
    },
    async end(): Promise<readonly string[]> {
      if (hashing === undefined) {
        const bytes = filling?.bytes.subarray(0, filled) ?? Buffer.alloc(0)
        if (bytes.length > 0) await into.write(bytes)
        return hashers.atOnce(bytes)
      }
      if (filling && filled > 0) send(filling, filled)
      await Promise.all(underWay)
      return await hashing.digests()
    },
    async drop() {
      await Promise.allSettled(underWay)
      hashing?.drop()
    },
  }
}
