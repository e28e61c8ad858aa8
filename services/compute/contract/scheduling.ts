import { ask } from '@kilonova/platform/bus/message.ts'
import type { ClaimAsk, Claimed } from '../scheduler/scheduler.ts'

/** Where nova-scheduler answers. Several share what is asked; placement sees to it that none gives what another gave. */
export const schedulerAddress = 'scheduler'

/** The methods of `Scheduling`, as messages: each may be repeated, as they may. */
export const claimHost = ask<ClaimAsk, Claimed>('scheduler.claim', 1)
export const releaseClaim = ask<{ consumerId: string }, Record<string, never>>('scheduler.release', 1)
export const moveClaim = ask<{ from: string; to: string }, Record<string, never>>('scheduler.moveClaim', 1)
