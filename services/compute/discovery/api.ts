import { open } from '@kilonova/platform/http/endpoint.ts'
import { anything, list } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { endpoint, versions, view } from '../versions.ts'

/** What v2.1 says first, for clients that know no more. */
const v20 = { id: 'v2.0', status: 'SUPPORTED', version: '', min_version: '', updated: '2011-01-21T11:33:21Z' }
const v21 = { id: 'v2.1', status: 'CURRENT', version: versions.latest, min_version: versions.first, updated: '2013-07-23T11:33:21Z' }
type Spoken = typeof v20 | typeof v21

const pathOf = ({ id }: Spoken) => (id === 'v2.0' ? 'v2' : 'v2.1')
const self = (one: Spoken, base: string) => ({ rel: 'self', href: `${base}/${pathOf(one)}/` })

interface Asked {
  readonly base: string
  readonly spoken: Spoken
}
const why = open('clients look for the versions before they sign in')
const allView = view(null, {
  versions: shows<string>()(list(anything), base => [v20, v21].map(one => ({ ...one, links: [self(one, base)] }))),
})
const oneView = view(null, {
  version: shows<Asked>()(anything, ({ base, spoken }) => ({
    ...spoken,
    links: [self(spoken, base), { rel: 'describedby', type: 'text/html', href: `${base}/openapi.json` }],
    'media-types': [
      { base: 'application/json', type: `application/vnd.openstack.compute+json;version=${spoken.id === 'v2.0' ? '2' : '2.1'}` },
    ],
  })),
})
const summary = 'This version of the API'

/** Where clients find out what is spoken here. */
export const discoveryApi = [
  endpoint('GET /', { summary: 'Which versions of the API there are', policy: why, status: 200, view: allView, run: ({ base }) => base }),
  endpoint('GET /v2', { summary, policy: why, status: 200, view: oneView, run: ({ base }) => ({ base, spoken: v20 }) }),
  endpoint('GET /v2.1', { summary, policy: why, status: 200, view: oneView, run: ({ base }) => ({ base, spoken: v21 }) }),
  endpoint('GET /v2.1/versions/{version_id}', {
    summary: 'A version of the API by its id',
    policy: why,
    status: 200,
    view: oneView,
    run({ base, params }) {
      const spoken = [v20, v21].find(({ id }) => id === params.version_id)
      if (!spoken) throw new Refusal('not-found', 'The resource could not be found.')
      return { base, spoken }
    },
  }),
]
