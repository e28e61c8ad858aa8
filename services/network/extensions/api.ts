import { list, object, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { refuseUnknown } from '../refusals/refusal.ts'
import { endpoint, view } from '../versions.ts'
import { type Extension, extensions } from './extension.ts'

const shape = { alias: text(), name: text(), description: text(), updated: text() }
const wireOf = ({ alias, name, updated }: Extension) => ({ alias, name, description: name, updated, links: [] })
const shown = { ...shape, links: list(object({})) }

/** Anybody with a token may know what the service can. */
export const extensionApi = () => [
  endpoint('GET /v2.0/extensions', {
    summary: 'List the extensions',
    policy: 'regular_user',
    status: 200,
    view: view(null, { extensions: shows<readonly Extension[]>()(list(object(shown)), all => all.map(wireOf)) }),
    run: () => extensions,
  }),
  endpoint('GET /v2.0/extensions/{alias}', {
    summary: 'Show an extension',
    policy: 'regular_user',
    status: 200,
    view: view(null, { extension: shows<Extension>()(object(shown), wireOf) }),
    run: ({ params: { alias } }) =>
      extensions.find(one => one.alias === alias) ?? refuseUnknown('ExtensionsNotFound', `Extensions not found: ${alias}.`),
  }),
]
