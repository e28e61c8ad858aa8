import { open } from '@kilonova/platform/http/endpoint.ts'
import { list, object, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { endpoint, view } from '../versions.ts'

const link = object({ href: text(), rel: text() })
const version = object({ id: text(), status: text(), links: list(link) })
const resource = object({ name: text(), collection: text(), links: list(link) })

/** The resources that `GET /v2.0/` names. */
const cores = ['network', 'subnet', 'subnetpool', 'port'] as const

/** Where clients find out what is spoken here. */
export const discoveryApi = () => [
  endpoint('GET /', {
    summary: 'Which versions of the API there are',
    policy: open('clients look for the versions before they sign in'),
    status: 200,
    view: view(null, {
      versions: shows<string>()(list(version), base => [
        { id: 'v2.0', status: 'CURRENT', links: [{ rel: 'self', href: `${base}/v2.0/` }] },
      ]),
    }),
    run: ({ base }) => base,
  }),
  endpoint('GET /v2.0', {
    summary: 'Where the resources are',
    policy: open('clients look for the versions before they sign in'),
    status: 200,
    view: view(null, {
      resources: shows<string>()(list(resource), base =>
        cores.map(name => ({ name, collection: `${name}s`, links: [{ rel: 'self', href: `${base}/v2.0/${name}s` }] })),
      ),
    }),
    run: ({ base }) => base,
  }),
]
