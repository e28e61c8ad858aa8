import { attr, attrOr, type Change, type Kind, needed, python, repr, type Wish, wrong } from '../../attributes/attribute/attribute.ts'
import { flag, isUuid, text, uuid } from '../../attributes/attribute/kinds.ts'
import { named, taggedAttributes } from '../../standards/standard/attributes.ts'

/** A port inside of a trunk as it was sent; `inherit` takes the tag that its network has. */
export interface SubPortWish {
  readonly portId: string
  readonly segmentationType?: string | undefined
  readonly segmentationId?: unknown
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const properties = { port_id: uuid.schema, segmentation_type: { type: 'string' }, segmentation_id: { type: 'integer' } }

export const subPortWishes: Kind<readonly SubPortWish[]> = {
  schema: { type: 'array', items: { type: 'object', properties } },
  read(value) {
    if (!Array.isArray(value)) return wrong(`Invalid data format for subports: '${python(value)}' is not a list`)
    const wishes = value.map(subPortWish)
    mustBeApart(wishes)
    return wishes
  },
}

function subPortWish(value: unknown): SubPortWish {
  if (!isRecord(value)) return wrong(`Invalid data format for subport: '${python(value)}' is not a dict`)
  const { port_id: portId, segmentation_type: type, segmentation_id: id } = value
  if (portId === undefined) return wrong('A valid port UUID must be specified')
  if (!isUuid(portId)) return wrong(`Invalid UUID for subport: '${python(portId)}'`)
  const isWhole = (typeof type === 'string' && type !== '' && id !== undefined && id !== null) || type === 'inherit'
  if (!isWhole && Object.keys(value).length > 1)
    return wrong(
      `Invalid subport details '${repr(value)}': missing segmentation information. Must specify both segmentation_id and segmentation_type`,
    )
  return { portId, segmentationType: typeof type === 'string' ? type : undefined, segmentationId: id }
}

function mustBeApart(wishes: readonly SubPortWish[]): void {
  const twice = wishes.find((wish, i) => wishes.findIndex(other => other.portId === wish.portId) !== i)
  if (twice) wrong(`Non unique UUID for subport: '${twice.portId}'`)
  const tagged = wishes.filter(({ segmentationType, segmentationId }) => segmentationType !== 'inherit' && segmentationId != null)
  const same = tagged.find(
    (wish, i) =>
      tagged.findIndex(
        other => other.segmentationType === wish.segmentationType && String(other.segmentationId) === String(wish.segmentationId),
      ) !== i,
  )
  if (same) wrong(`Segmentation ID '${python(same.segmentationId)}' for '${same.portId}' is not unique`)
}

// biome-ignore format: a table of attributes
export const trunkAttributes = {
  ...taggedAttributes,
  ...named,
  admin_state_up: attrOr('cuvfs', flag, true),
  port_id:        needed('cvfs', uuid),
  status:         attr('vs', text()),
  sub_ports:      attrOr('cv', subPortWishes, []),
} as const

export type TrunkWish = Wish<typeof trunkAttributes>
export type TrunkChange = Change<typeof trunkAttributes>
