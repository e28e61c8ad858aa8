import { open } from '@kilonova/platform/http/endpoint.ts'
import { anything, list } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { endpoint, versions, view } from '../versions.ts'

const v21 = (base: string) => ({
  id: 'v2.1',
  status: 'CURRENT',
  version: versions.latest,
  min_version: versions.first,
  updated: '2013-07-23T11:33:21Z',
  links: [{ rel: 'self', href: `${base}/v2.1/` }],
})

const why = open('clients look for the versions before they sign in')
const allView = view(null, { versions: shows<string>()(list(anything), base => [v21(base)]) })
const oneView = view(null, {
  version: shows<string>()(anything, base => ({
    ...v21(base),
    links: [...v21(base).links, { rel: 'describedby', type: 'text/html', href: `${base}/openapi.json` }],
    'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.compute+json;version=2.1' }],
  })),
})

/** Where clients find out what is spoken here. */
export const discoveryApi = [
  endpoint('GET /', { summary: 'Which versions of the API there are', policy: why, status: 200, view: allView, run: ({ base }) => base }),
  endpoint('GET /v2.1', { summary: 'This version of the API', policy: why, status: 200, view: oneView, run: ({ base }) => base }),
]
