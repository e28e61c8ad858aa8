import { Answer } from '@kilonova/platform/http/endpoint.ts'
import { first } from '@kilonova/platform/http/own-address.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { ImageLogic } from '../images/logic/images.ts'
import { ofOneImage, seen, type Seeing, targetOf } from '../images/logic/seeing.ts'
import { endpoint, plainBody } from '../versions.ts'
import { idForm } from '../images/image.ts'
import { importMethods } from './import.ts'
import type { ImportLogic, ImportWish } from './logic.ts'

export interface Rooms extends Seeing {
  readonly images: ImageLogic
  readonly imports: ImportLogic
}

// biome-ignore format: a table per route
export const importApi = ({ images, imports, viewerOf }: Rooms) => [
  endpoint('POST /v2/images/{image_id}/import', {
    summary: 'Import the data of an image: staged before, from the web, or from another store',
    policy:  'get_image',
    ...ofOneImage(images, { viewerOf }),
    body:    plainBody(null, {}),
    status:  202,
    async run({ about, params, caller, body, door, cause, may }) {
      const wish = wishOf(body, imports.methods)
      const { id } = seen(about, params.image_id)
      const target = targetOf(about, caller)
      if (wish.method !== 'copy-image' && !may('modify_image', target))
        throw new Refusal('forbidden', 'You are not authorized to complete modify_image action.')
      await imports.begin(id, wish, { viewer: viewerOf(caller), mayCopy: may('copy_image', target), token: first(door.headers['x-auth-token']) ?? '' }, cause)
      return new Answer<void>({})
    },
  }),
]

type Fields = Readonly<Record<string, unknown>>
const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value)

function wishOf(body: unknown, enabled: readonly string[]): ImportWish {
  if (!isFields(body) || !isFields(body['method'])) throw new Refusal('invalid', "Import request requires a 'method' field.")
  const { method, stores, all_stores: all = false, all_stores_must_succeed: mustAllSucceed = true } = body
  const { name, uri } = method as Fields
  if (name === undefined) throw new Refusal('invalid', "Import request requires a 'name' field.")
  const known = importMethods.find(one => one === name && enabled.includes(one))
  if (!known) throw new Refusal('invalid', `Unknown import method name '${String(name)}'.`)
  if (typeof mustAllSucceed !== 'boolean') throw new Refusal('invalid', "'all_stores_must_succeed' must be boolean value only")
  if (typeof all !== 'boolean') throw new Refusal('invalid', "'all_stores' must be boolean value only")
  if (stores !== undefined && !(Array.isArray(stores) && stores.every(one => typeof one === 'string')))
    throw new Refusal('invalid', "'stores' must be a list of store names")
  return {
    method: known,
    remote: known === 'glance-download' ? remoteIn(method as Fields) : null,
    uri: typeof uri === 'string' ? uri : null,
    stores: stores as readonly string[] | undefined,
    areAllStores: all,
    mustAllSucceed,
    asked: body,
  }
}

function remoteIn({ glance_region: region, glance_image_id: imageId, glance_service_interface: said = 'public' }: Fields) {
  for (const [name, value] of [
    ['glance_region', region],
    ['glance_image_id', imageId],
  ] as const)
    if (typeof value !== 'string') throw new Refusal('invalid', `'${name}' needs to be set for glance-download import method`)
  if (!idForm.test(`${imageId}`)) throw new Refusal('invalid', `Remote image id does not look like a UUID: ${imageId}`)
  if (typeof said !== 'string') throw new Refusal('invalid', "'glance_service_interface' must be a text")
  return { region: `${region}`, imageId: `${imageId}`, interface: said }
}
