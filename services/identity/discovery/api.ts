import { answer, open } from '@kilonova/platform/http/endpoint.ts'
import { list, object, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { endpoint, versions, view } from '../versions.ts'

const links = list(object({ rel: text(), href: text() }))
const mediaTypes = list(object({ base: text(), type: text() }))
const version = object({ id: text(), status: text(), updated: text(), links, 'media-types': mediaTypes })

type Version = NonNullable<(typeof version)['type']>

const v3 = (base: string): Version => ({
  id: versions.latest,
  status: 'stable',
  updated: '2020-04-07T00:00:00Z',
  links: [{ rel: 'self', href: `${base}/v3/` }],
  'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.identity-v3+json' }],
})

const v2 = (base: string): Version => ({
  id: 'v2.0',
  status: 'deprecated',
  updated: '2014-04-17T00:00:00Z',
  links: [{ rel: 'self', href: `${base}/v2.0/` }],
  'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.identity-v2.0+json' }],
})

const allView = view('versions', { values: shows<readonly Version[]>()(list(version), all => all) })
const shown = shows<Version>()
const oneView = view('version', {
  id: shown(text(), one => one.id),
  status: shown(text(), one => one.status),
  updated: shown(text(), one => one.updated),
  links: shown(links, one => one.links),
  'media-types': shown(mediaTypes, one => one['media-types']),
})

const why = open('clients look for the versions before they sign in')

/** Where clients find out what is spoken here. */
export const discoveryApi = ({ hasV2 }: { hasV2: boolean }) => [
  endpoint('GET /', {
    summary: 'Which versions of the API there are',
    policy: why,
    status: 300,
    view: allView,
    run: ({ base }) => answer([v3(base), ...(hasV2 ? [v2(base)] : [])], { headers: { location: `${base}/v3/` } }),
  }),
  endpoint('GET /v3', { summary: 'This version of the API', policy: why, status: 200, view: oneView, run: ({ base }) => v3(base) }),
  ...(hasV2
    ? [endpoint('GET /v2.0', { summary: 'The version before', policy: why, status: 200, view: oneView, run: ({ base }) => v2(base) })]
    : []),
]
