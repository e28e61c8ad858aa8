import type { Cause } from '../cause.ts'
import type { Fault } from './task.ts'

/** One run of a task, as the journal has it. */
export interface TaskRecord {
  readonly id: string
  readonly name: string
  /** The subject, a server's id say: tasks on one subject run one after the other, in the order they were recorded. */
  readonly key: string
  readonly state: TaskState
  readonly input: object
  /** What the finished steps returned, together. */
  readonly saved: object
  readonly finished: readonly string[]
  readonly undone: readonly string[]
  /** How often a worker took it up. */
  readonly attempts: number
  readonly fault: Fault | undefined
  readonly cause: Cause
  readonly createdAt: string
  readonly updatedAt: string
  /** Milliseconds since 1970. */
  readonly deadlineAt: number
}

export type TaskState = 'ready' | 'running' | 'undoing' | 'done' | 'undone' | 'parked'

export const unfinishedStates: readonly TaskState[] = ['ready', 'running', 'undoing']
