import { answer, open } from '@kilonova/platform/http/endpoint.ts'
import { list, object, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { endpoint, versions, view } from '../versions.ts'

const links = list(object({ rel: text(), href: text() }))
const mediaTypes = list(object({ base: text(), type: text() }))
const version = object({ id: text(), status: text(), updated: text(), links, 'media-types': mediaTypes })

const v3 = (base: string) => ({
  id: versions.latest,
  status: 'stable',
  updated: '2020-04-07T00:00:00Z',
  links: [{ rel: 'self', href: `${base}/v3/` }],
  'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.identity-v3+json' }],
})

const allView = view('versions', { values: shows<string>()(list(version), base => [v3(base)]) })
const oneView = view('version', {
  id: shows<string>()(text(), base => v3(base).id),
  status: shows<string>()(text(), base => v3(base).status),
  updated: shows<string>()(text(), base => v3(base).updated),
  links: shows<string>()(links, base => v3(base).links),
  'media-types': shows<string>()(mediaTypes, base => v3(base)['media-types']),
})

const why = open('clients look for the versions before they sign in')

/** Where clients find out what is spoken here. */
export const discoveryApi = [
  endpoint('GET /', {
    summary: 'Which versions of the API there are',
    policy: why,
    status: 300,
    view: allView,
    run: ({ base }) => answer(base, { headers: { location: `${base}/v3/` } }),
  }),
  endpoint('GET /v3', { summary: 'This version of the API', policy: why, status: 200, view: oneView, run: ({ base }) => base }),
]
