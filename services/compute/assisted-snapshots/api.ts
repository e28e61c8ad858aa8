import { optional, required } from '@kilonova/platform/http/fields.ts'
import { maybe, object, oneOf, text } from '@kilonova/platform/http/shape.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { body, endpoint, query } from '../versions.ts'

const word = text({ min: 1 })
// biome-ignore format: a table of fields
const createBody = body('snapshot', {
  volume_id:   required(word),
  create_info: required(object({ snapshot_id: word, type: oneOf('qcow2'), new_file: word, id: maybe(word) })),
})

/** Volumes are attached to servers by the block storage service alone: while there is none, none is attached. */
function notAttached(volumeId: string): never {
  throw new Refusal('invalid', `No volume Block Device Mapping with id ${volumeId}.`)
}

function volumeIn(info: string | undefined): string {
  if (info === undefined) throw new Refusal('invalid', "'delete_info'")
  try {
    const { volume_id } = JSON.parse(info)
    if (typeof volume_id === 'string') return volume_id
  } catch {
    throw new Refusal('invalid', 'delete_info is no JSON object.')
  }
  throw new Refusal('invalid', "'volume_id'")
}

// biome-ignore format: a table per route
export const assistedSnapshotApi = [
  endpoint('POST /v2.1/os-assisted-volume-snapshots', {
    summary: 'Make a snapshot of a volume inside the host that has it attached',
    policy:  'os_compute_api:os-assisted-volume-snapshots:create',
    body:    createBody,
    status:  200,
    run:     ({ body }) => notAttached(body.volume_id),
  }),

  endpoint('DELETE /v2.1/os-assisted-volume-snapshots/{snapshot_id}', {
    summary: 'Delete such a snapshot',
    policy:  'os_compute_api:os-assisted-volume-snapshots:delete',
    query:   query({ delete_info: optional(text()) }),
    status:  204,
    run:     ({ query }) => notAttached(volumeIn(query.delete_info)),
  }),
]
