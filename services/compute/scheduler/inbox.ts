import type { Handler } from '@kilonova/platform/bus/bus.ts'
import { handle } from '@kilonova/platform/bus/message.ts'
import * as messages from '../contract/scheduling.ts'
import type { Scheduling } from './scheduler.ts'

/** What conductors of other processes ask. */
export const schedulerInbox = (scheduling: Scheduling): readonly Handler[] => [
  handle(messages.claimHost, scheduling.claim),
  handle(messages.releaseClaim, ({ consumerId }, cause) => done(scheduling.release(consumerId, cause))),
  handle(messages.moveClaim, ({ from, to }, cause) => done(scheduling.moveClaim(from, to, cause))),
]

async function done(work: Promise<void>): Promise<Record<string, never>> {
  await work
  return {}
}
