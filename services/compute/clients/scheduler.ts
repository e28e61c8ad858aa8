import type { Bus } from '@kilonova/platform/bus/bus.ts'
import * as messages from '../contract/scheduling.ts'
import type { Scheduling } from '../scheduler/scheduler.ts'

const { schedulerAddress: scheduler } = messages

/** The scheduler of another process: what the one of this process promises. */
export const remoteScheduling = (bus: Pick<Bus, 'ask'>): Scheduling => ({
  claim: (ask, cause) => bus.ask(messages.claimHost, scheduler, ask, { cause }),
  release: async (consumerId, cause) => void (await bus.ask(messages.releaseClaim, scheduler, { consumerId }, { cause })),
  moveClaim: async (from, to, cause) => void (await bus.ask(messages.moveClaim, scheduler, { from, to }, { cause })),
})
