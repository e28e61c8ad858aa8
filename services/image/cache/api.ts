import { Refusal } from '@kilonova/platform/refusal.ts'
import { endpoint } from '../versions.ts'

const refuse = (): never => {
  throw new Refusal('not-found', 'Caching via API is not supported at this site.')
}

/** What Glance answers where no cache is kept: stores here are directories of this host, and a copy beside them would be no nearer. */
// biome-ignore format: a table per route
export const cacheApi = [
  endpoint('GET /v2/cache',               { summary: 'Refused: no cache is kept', policy: 'cache_list',   status: 200, run: refuse }),
  endpoint('DELETE /v2/cache',            { summary: 'Refused: no cache is kept', policy: 'cache_delete', status: 204, run: refuse }),
  endpoint('PUT /v2/cache/{image_id}',    { summary: 'Refused: no cache is kept', policy: 'cache_image',  status: 202, run: refuse }),
  endpoint('DELETE /v2/cache/{image_id}', { summary: 'Refused: no cache is kept', policy: 'cache_delete', status: 204, run: refuse }),
]
