import { answer, open } from '@kilonova/platform/http/endpoint.ts'
import { list, object, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { endpoint, modified, versions, view } from '../versions.ts'

const version = object({
  id: text(),
  max_version: text(),
  min_version: text(),
  status: text(),
  links: list(object({ rel: text(), href: text() })),
})

const v1 = {
  id: `v${versions.first}`,
  max_version: versions.latest,
  min_version: versions.first,
  status: 'CURRENT',
  links: [{ rel: 'self', href: '' }],
}

/** Where clients find out what is spoken here. */
export const discoveryApi = (clock: Pick<Clock, 'now'>) => [
  endpoint('GET /', {
    summary: 'Which versions of the API there are',
    policy: open('clients look for the versions before they sign in'),
    status: 200,
    view: view(null, { versions: shows<typeof v1>()(list(version), one => [one]) }),
    run: ({ at }) => answer(v1, { headers: at(modified(clock.now())) ?? {} }),
  }),
]
