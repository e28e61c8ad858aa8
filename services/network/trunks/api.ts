import { readValue } from '../attributes/attribute/attribute.ts'
import { collection, type TagKeeper } from '../versions/collection.ts'
import { member } from '../versions/members.ts'
import { wireOf } from '../versions/showing.ts'
import type { TrunkLogic } from './logic/trunks.ts'
import { subPortWishes, trunkAttributes } from './trunk/attributes.ts'
import type { SubPort, Trunk } from './trunk/trunk.ts'

const subPortWire = ({ portId, segmentationType, segmentationId }: SubPort) => ({
  port_id: portId,
  segmentation_type: segmentationType,
  segmentation_id: segmentationId,
})

const shows = { sub_ports: ({ subPorts }: Trunk) => subPorts.map(subPortWire) }
const inside = { type: 'object', properties: { sub_ports: subPortWishes.schema } }

export function trunkApi(trunks: TrunkLogic, tags: TagKeeper) {
  const declared = {
    name: 'trunk',
    plural: 'trunks',
    path: '/v2.0/trunks',
    words: { one: 'a trunk', many: 'the trunks' },
    attributes: trunkAttributes,
    logic: trunks,
    tags,
    shows,
  }
  const changing = (name: string, summary: string, run: TrunkLogic['addSubPorts']) =>
    member<Trunk>({
      collection: declared,
      name,
      summary,
      policy: name,
      takes: inside,
      gives: { type: 'object' },
      run: async ({ id, body, act }) =>
        wireOf(await run(id, readValue('sub_ports', subPortWishes, body['sub_ports']), act), trunkAttributes, shows),
    })
  return [
    ...collection<Trunk>(declared),
    changing('add_subports', 'Put ports into a trunk', trunks.addSubPorts),
    changing('remove_subports', 'Take ports out of a trunk', trunks.removeSubPorts),
    member<Trunk>({
      collection: declared,
      name: 'get_subports',
      method: 'GET',
      summary: 'List the ports inside of a trunk',
      policy: 'get_subports',
      gives: inside,
      run: async ({ thing }) => ({ sub_ports: thing.subPorts.map(subPortWire) }),
    }),
  ]
}
