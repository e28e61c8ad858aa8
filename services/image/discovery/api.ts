import { answer, open } from '@kilonova/platform/http/endpoint.ts'
import { list, object, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { endpoint, minors, view } from '../versions.ts'

const why = open('clients look for the versions before they sign in')
const version = object({ id: text(), status: text(), links: list(object({ rel: text(), href: text() })) })

/** Every minor version by itself, the newest first: clients look for the one that brought what they need. */
const versionsView = view(null, {
  versions: shows<string>()(list(version), base =>
    minors.map((minor, at) => ({
      id: `v${minor}`,
      status: at === 0 ? 'CURRENT' : 'SUPPORTED',
      links: [{ rel: 'self', href: `${base}/v2/` }],
    })),
  ),
})

// biome-ignore format: a table per route
export const discoveryApi = [
  endpoint('GET /',         { summary: 'Which versions of the API there are', policy: why, status: 300, view: versionsView, run: ({ base }) => base }),
  endpoint('GET /versions', { summary: 'Which versions of the API there are', policy: why, status: 200, view: versionsView, run: ({ base }) => answer(base) }),
  endpoint('GET /v2',       { summary: 'Which versions of the API there are', policy: why, status: 300, view: versionsView, run: ({ base }) => base }),
]
