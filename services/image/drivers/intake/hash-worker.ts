import { createHash, type Hash } from 'node:crypto'
import { parentPort } from 'node:worker_threads'
import type { HashOrder } from './hashing.ts'

/** Runs as a thread of its own: hashes what other threads put into shared memory. */
const running = new Map<number, Hash>()

parentPort?.on('message', (order: HashOrder) => {
  if (order.act === 'begin') running.set(order.id, createHash(order.algorithm))
  else if (order.act === 'drop') running.delete(order.id)
  else {
    const hash = running.get(order.id)
    if (order.act === 'update') {
      hash?.update(new Uint8Array(order.bytes, 0, order.length))
      parentPort?.postMessage({ ticket: order.ticket })
    } else {
      running.delete(order.id)
      parentPort?.postMessage({ ticket: order.ticket, digest: hash?.digest('hex') })
    }
  }
})
