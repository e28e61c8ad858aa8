/** What clients may follow of a longer piece of work on an image. The work itself is in the journal. */
export interface ImageTask {
  readonly id: string
  readonly type: 'import' | 'api_image_import'
  readonly status: TaskStatus
  readonly owner: string
  readonly input: Readonly<Record<string, unknown>>
  readonly result: Readonly<Record<string, unknown>> | null
  readonly message: string
  readonly imageId: string | null
  readonly requestId: string | null
  readonly userId: string | null
  /** When it is forgotten: some days after its end. */
  readonly expiresAt: string | null
  readonly createdAt: string
  readonly updatedAt: string
}

export const taskStatuses = ['pending', 'processing', 'success', 'failure'] as const
export type TaskStatus = (typeof taskStatuses)[number]

export interface TaskPage {
  readonly status: TaskStatus | undefined
  readonly type: string | undefined
  readonly owner: string | undefined
  readonly way: 'asc' | 'desc'
  readonly after: ImageTask | undefined
  readonly limit: number
}
