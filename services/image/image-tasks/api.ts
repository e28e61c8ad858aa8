import { answer, type Answer } from '@kilonova/platform/http/endpoint.ts'
import { optional } from '@kilonova/platform/http/fields.ts'
import { anything, list, nullable, object, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { idForm, isoTime } from '../images/image.ts'
import type { ImageLogic, NewImage } from '../images/logic/images.ts'
import { ofOneImage, seen, type Seeing } from '../images/logic/seeing.ts'
import type { ImportLogic } from '../imports/logic.ts'
import { endpoint, listView, plainBody, query, view } from '../versions.ts'
import { type ImageTask, taskStatuses } from './image-task.ts'
import type { ImageTaskLogic } from './logic.ts'

const shown = shows<ImageTask>()
// biome-ignore format: a table of fields
const summary = {
  id:         shown(text(), task => task.id),
  type:       shown(text(), task => task.type),
  status:     shown(text(), task => task.status),
  owner:      shown(text(), task => task.owner),
  expires_at: shown(text(), task => (task.expiresAt === null ? undefined : isoTime(task.expiresAt))),
  created_at: shown(text(), task => isoTime(task.createdAt)),
  updated_at: shown(text(), task => isoTime(task.updatedAt)),
  self:       shown(text(), task => `/v2/tasks/${task.id}`),
  schema:     shown(text(), () => '/v2/schemas/task'),
}
// biome-ignore format: a table of fields
const details = {
  input:      shown(anything, task => task.input),
  result:     shown(nullable(object({}, { extra: 'keep' })), task => task.result),
  message:    shown(text(), task => task.message),
  image_id:   shown(text(), task => task.imageId ?? undefined),
  request_id: shown(text(), task => task.requestId ?? undefined),
  user_id:    shown(text(), task => task.userId ?? undefined),
}
const taskView = view(null, { ...summary, ...details })
const { self: _self, schema: _schema, ...ofImage } = summary
const imageTaskView = view(null, { ...ofImage, ...details })

const tasksOfImageView = view(null, {
  tasks: shows<readonly ImageTask[]>()(list(anything), (tasks, showing) => tasks.map(task => imageTaskView.bare(task, showing))),
})

export interface Rooms extends Seeing {
  readonly images: ImageLogic
  readonly tasks: ImageTaskLogic
  readonly imports: Pick<ImportLogic, 'beginWhole'>
  /** An image as a client describes it; refuses what is none. */
  readNewImage(description: Fields, projectId: string | undefined): NewImage
  readonly usualPageLength: number
}

// biome-ignore format: a table per route
export const imageTaskApi = ({ images, tasks, imports, readNewImage, usualPageLength, viewerOf }: Rooms) => [
  endpoint('GET /v2/images/{image_id}/tasks', {
    summary: 'List the work that is and was done on an image',
    policy:  'get_image',
    ...ofOneImage(images, { viewerOf }),
    status:  200,
    view:    tasksOfImageView,
    run:     ({ about, params }) => tasks.listOfImage(seen(about, params.image_id).id),
  }),

  endpoint('GET /v2/tasks', {
    summary: 'List all work that is and was done on images',
    policy:  'tasks_api_access',
    query:   query({ limit: optional(text()), marker: optional(text()), sort_key: optional(text()), sort_dir: optional(text()), status: optional(text()), type: optional(text()), owner: optional(text()) }),
    status:  200,
    view:    listView('tasks', view(null, summary)),
    async run({ query: { limit, marker, sort_dir: way = 'desc', status, type, owner } }) {
      if (way !== 'asc' && way !== 'desc') throw new Refusal('invalid', `Invalid sort direction: ${way}`)
      const wanted = taskStatuses.find(one => one === status)
      if (status && !wanted) throw new Refusal('invalid', `Invalid status value: ${status}`)
      if (type && type !== 'import' && type !== 'api_image_import') throw new Refusal('invalid', `Invalid type value: ${type}`)
      if (marker && !idForm.test(marker)) throw new Refusal('invalid', 'Invalid marker format')
      if (limit !== undefined && !/^-?\d+$/.test(limit)) throw new Refusal('invalid', 'limit param must be an integer')
      if (Number(limit ?? 0) < 0) throw new Refusal('invalid', 'limit param must be positive')
      const length = limit === undefined ? usualPageLength : Number(limit)
      const items = await tasks.list({ status: wanted, type, owner, way, after: marker || undefined, limit: length })
      const last = items.at(-1)
      return { items, ...(last && items.length === length ? { next: last.id } : {}) }
    },
  }),

  endpoint('GET /v2/tasks/{task_id}', {
    summary: 'Show a piece of work',
    policy:  'tasks_api_access',
    status:  200,
    view:    taskView,
    run:     async ({ params }) => answer(await tasks.get(params.task_id), { headers: { location: `/v2/tasks/${params.task_id}` } }),
  }),

  endpoint('POST /v2/tasks', {
    summary: 'Make an image of what lies on the web: the older way to import',
    policy:  'tasks_api_access',
    body:    plainBody(null, { type: 'object' }, {} as Fields),
    status:  201,
    view:    taskView,
    async run({ body, caller, cause }) {
      const input = inputIn(body)
      const properties = input['image_properties'] ?? {}
      if (!isFields(properties)) throw new Refusal('invalid', "'image_properties' must be an object")
      const usual = Object.keys(properties).length === 0 ? { disk_format: 'qcow2', container_format: 'bare' } : properties
      const task = await imports.beginWhole({ input, image: readNewImage(usual, caller.projectId) }, viewerOf(caller), cause)
      return answer(task, { headers: { location: `/v2/tasks/${task.id}` } })
    },
  }),

  endpoint('DELETE /v2/tasks/{task_id}', {
    summary: 'Refused: tasks end by themselves',
    policy:  'tasks_api_access',
    status:  204,
    run(): Answer<void> {
      throw new Refusal('not-allowed', 'This operation is currently not permitted on Glance Tasks. They are auto deleted after reaching the time based on their expires_at property.')
    },
  }),
]

type Fields = Readonly<Record<string, unknown>>
const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value)

function inputIn({ type, input }: Fields): Fields {
  for (const [name, value] of [
    ['type', type],
    ['input', input],
  ] as const)
    if (value === undefined) throw new Refusal('invalid', `Task '${name}' is required`)
  if (type === 'api_image_import')
    throw new Refusal('invalid', 'Tasks of the type api_image_import begin with POST /v2/images/{image_id}/import.')
  if (type !== 'import')
    throw new Refusal(
      'invalid',
      `Provided object does not match schema 'task': '${String(type)}' is not one of ['import', 'api_image_import']`,
    )
  if (!isFields(input)) throw new Refusal('invalid', "Provided object does not match schema 'task': 'input' is not an object")
  return input
}
