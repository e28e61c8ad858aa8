import { createHash } from 'node:crypto'
import { Worker } from 'node:worker_threads'

export type HashOrder =
  | { readonly act: 'begin'; readonly id: number; readonly algorithm: string }
  | { readonly act: 'update'; readonly id: number; readonly ticket: number; readonly bytes: SharedArrayBuffer; readonly length: number }
  | { readonly act: 'digest'; readonly id: number; readonly ticket: number }
  | { readonly act: 'drop'; readonly id: number }

/** Several hashes of one stream of data, each on a thread of its own, so that the thread that answers requests stays free. */
export interface Hashing {
  /** Resolves when the bytes may be overwritten. */
  update(bytes: SharedArrayBuffer, length: number): Promise<void>
  digests(): Promise<readonly string[]>
  drop(): void
}

export interface Hashers {
  begin(): Hashing
  /** For what is too little to wake the threads for. */
  atOnce(bytes: Uint8Array): readonly string[]
  close(): Promise<void>
}

/** Threads are started at the first large delivery and shared by all. */
export function hashers(algorithms: readonly string[]): Hashers {
  let lanes: readonly Lane[] | undefined
  let count = 0
  return {
    begin() {
      lanes ??= algorithms.map(openLane)
      const open = lanes
      const id = ++count
      open.forEach((lane, at) => {
        lane.tell({ act: 'begin', id, algorithm: algorithms[at] ?? '' })
      })
      return {
        async update(bytes, length) {
          await Promise.all(open.map(lane => lane.ask(ticket => ({ act: 'update', id, ticket, bytes, length }))))
        },
        digests: () => Promise.all(open.map(lane => lane.ask(ticket => ({ act: 'digest', id, ticket })))),
        drop: () => {
          for (const lane of open) lane.tell({ act: 'drop', id })
        },
      }
    },
    atOnce: bytes => algorithms.map(algorithm => createHash(algorithm).update(bytes).digest('hex')),
    async close() {
      await Promise.all((lanes ?? []).map(lane => lane.close()))
      lanes = undefined
    },
  }
}

interface Lane {
  tell(order: HashOrder): void
  ask(order: (ticket: number) => HashOrder): Promise<string>
  close(): Promise<void>
}

function openLane(): Lane {
  const worker = new Worker(new URL('./hash-worker.ts', import.meta.url))
  const waiting = new Map<number, PromiseWithResolvers<string>>()
  let tickets = 0
  const fail = (error: unknown) => {
    for (const one of waiting.values()) one.reject(error)
    waiting.clear()
  }
  worker.on('message', ({ ticket, digest }: { ticket: number; digest?: string }) => {
    waiting.get(ticket)?.resolve(digest ?? '')
    waiting.delete(ticket)
    if (waiting.size === 0) worker.unref()
  })
  worker.on('error', fail)
  worker.on('exit', () => fail(new Error('the hashing thread ended')))
  worker.unref()
  return {
    tell: order => worker.postMessage(order),
    ask(order) {
      const answer = Promise.withResolvers<string>()
      const ticket = ++tickets
      waiting.set(ticket, answer)
      worker.ref()
      worker.postMessage(order(ticket))
      return answer.promise
    },
    close: async () => {
      await worker.terminate()
    },
  }
}
