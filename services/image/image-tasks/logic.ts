import type { Cause } from '@kilonova/platform/cause.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Transaction, Write } from '../tables.ts'
import type { ImageTask, TaskPage } from './image-task.ts'
import type { ImageTaskStore } from './store.ts'

export interface Rooms {
  readonly store: ImageTaskStore
  readonly write: Write
  readonly clock: Pick<Clock, 'now'>
  /** For how long a task that ended is kept. */
  readonly keepMs: number
  readonly maxPageLength: number
}

export type NewTask = Pick<ImageTask, 'id' | 'type' | 'owner' | 'input' | 'imageId' | 'requestId' | 'userId'>

/** Tasks as clients follow them: waiting, under way, ended well or not, and forgotten after a while. */
export function imageTaskLogic({ store, write, clock, keepMs, maxPageLength }: Rooms) {
  const at = (ms = 0) => new Date(clock.now() + ms).toISOString()

  const change = (id: string, cause: Cause, more: Partial<ImageTask>): Promise<void> =>
    write(cause, async tx => {
      const task = await store.find(id, tx.read)
      if (task && task.status !== 'success' && task.status !== 'failure') await store.update(tx, { ...task, ...more, updatedAt: at() })
    })

  return {
    async open(tx: Transaction, wish: NewTask): Promise<ImageTask> {
      const now = at()
      const task: ImageTask = { ...wish, status: 'pending', result: null, message: '', expiresAt: null, createdAt: now, updatedAt: now }
      await store.insert(tx, task)
      return task
    },

    /** A task that had failed before it could begin. */
    async failIn(tx: Transaction, task: ImageTask, message: string): Promise<ImageTask> {
      const failed: ImageTask = { ...task, status: 'failure', message, expiresAt: at(keepMs) }
      await store.update(tx, failed)
      return failed
    },

    begin: (id: string, cause: Cause) => change(id, cause, { status: 'processing' }),
    report: (id: string, message: string, cause: Cause) => change(id, cause, { message }),
    succeed: (id: string, result: Readonly<Record<string, unknown>> | null, cause: Cause) =>
      change(id, cause, { status: 'success', result, expiresAt: at(keepMs) }),
    fail: (id: string, message: string, cause: Cause) => change(id, cause, { status: 'failure', message, expiresAt: at(keepMs) }),

    async get(id: string): Promise<ImageTask> {
      const task = await store.find(id)
      if (!task) throw new Refusal('not-found', `Task with the given id ${id} was not found`)
      return task
    },

    listOfImage: (imageId: string) => store.listOfImage(imageId),

    async list({ after, limit, ...page }: Omit<TaskPage, 'after'> & { after: string | undefined }): Promise<readonly ImageTask[]> {
      const marker = after === undefined ? undefined : await store.find(after)
      if (after !== undefined && !marker) throw new Refusal('invalid', `Task with the given id ${after} was not found`)
      return limit === 0 ? [] : store.list({ ...page, after: marker, limit: Math.min(limit, maxPageLength) })
    },

    forgetOld: (cause: Cause) =>
      write(cause, async tx => {
        await store.deleteExpired(tx, at())
      }),
  }
}

export type ImageTaskLogic = ReturnType<typeof imageTaskLogic>
