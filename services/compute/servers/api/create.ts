import { answer, type Body, type May } from '@kilonova/platform/http/endpoint.ts'
import { optional, required } from '@kilonova/platform/http/fields.ts'
import { anything, either, id, integer, list, maybe, nullable, object, oneOf, text, uuid } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { body, endpoint, since, until, view } from '../../versions.ts'
import type { ServerLogic } from '../logic.ts'
import type { WholeWish as Wish } from '../logic/create.ts'
import type { BlockDevice } from '../logic/disks.ts'
import type { Server } from '../server.ts'
import { networkSightOf, ofCaller } from './asked.ts'
import * as shapes from './shapes.ts'
import { wantedNetworks } from './wanted-networks.ts'
import { linksOf } from './view.ts'

const { truth, isTrue } = shapes
const address = text({ pattern: '^[0-9a-fA-F:.]+$' })
const network = { fixed_ip: maybe(address), port: maybe(nullable(uuid)) }
const older = object({ ...network, uuid: maybe(text()) })
const named = object({ ...network, uuid: maybe(uuid) })
const tagged = maybe(shapes.tag)

// biome-ignore format: a table of fields
const device = {
  device_name:           maybe(nullable(text({ min: 1, max: 255, pattern: '^[a-zA-Z0-9._\\-/]*$' }))),
  volume_id:             maybe(nullable(uuid)),
  snapshot_id:           maybe(nullable(uuid)),
  volume_size:           maybe(nullable(either(integer({ min: 1 }), text({ pattern: '^[0-9]*$' })))),
  delete_on_termination: maybe(truth),
  no_device:             maybe(anything),
  virtual_name:          maybe(text({ max: 255 })),
  connection_info:       maybe(text()),
}
// biome-ignore format: a table of fields
const newDevice = {
  ...device,
  source_type:           maybe(oneOf('volume', 'image', 'snapshot', 'blank')),
  destination_type:      maybe(oneOf('local', 'volume')),
  uuid:                  maybe(text({ min: 1, max: 255, pattern: '^[a-zA-Z0-9._-]*$' })),
  image_id:              maybe(id),
  guest_format:          maybe(nullable(text({ max: 255 }))),
  device_type:           maybe(nullable(text({ max: 255 }))),
  disk_bus:              maybe(nullable(text({ max: 255 }))),
  boot_index:            maybe(nullable(either(integer(), text({ pattern: '^-?[0-9]+$' })))),
}
const taggedDevice = { ...newDevice, tag: tagged }
const networkWord = oneOf('none', 'auto')

// biome-ignore format: a table of fields
const fields = body(null, {
  name:        required(shapes.serverName),
  imageRef:    optional(text({ max: 255 })),
  flavorRef:   required(shapes.flavorRef),
  adminPass:   optional(text()),
  metadata:    optional(shapes.metadataShape),
  networks: [
    until('2.31', optional(list(older))),
    since('2.32', optional(list(object({ ...network, uuid: maybe(text()), tag: tagged })))),
    since('2.37', required(either(networkWord, list(named)))),
    since('2.42', required(either(networkWord, list(object({ ...network, uuid: maybe(uuid), tag: tagged }))))),
  ],
  'OS-DCF:diskConfig':     optional(shapes.diskConfig),
  accessIPv4:              optional(text({ format: 'ipv4' })),
  accessIPv6:              optional(text({ format: 'ipv6' })),
  personality:             until('2.56', optional(shapes.personality)),
  availability_zone:       optional(shapes.serverName),
  block_device_mapping:    optional(list(object(device))),
  block_device_mapping_v2: [
    optional(list(object(newDevice))),
    since('2.32', optional(list(object(taggedDevice)))),
    since('2.33', optional(list(object(newDevice)))),
    since('2.42', optional(list(object(taggedDevice)))),
    since('2.67', optional(list(object({ ...taggedDevice, volume_type: maybe(nullable(text({ max: 255 }))) })))),
  ],
  config_drive:            optional(truth),
  key_name:                optional(shapes.serverName),
  min_count:               optional(shapes.count),
  max_count:               optional(shapes.count),
  return_reservation_id:   optional(truth),
  security_groups:         optional(list(object({ name: maybe(shapes.serverName) }))),
  user_data:               optional(shapes.base64),
  description:             since('2.19', optional(nullable(text({ max: 255 })))),
  tags:                    since('2.52', optional(list(shapes.tag, { max: 50 }))),
  trusted_image_certificates: since('2.63', optional(nullable(shapes.certificates))),
  host:                    since('2.74', optional(shapes.fqdn)),
  hypervisor_hostname:     since('2.74', optional(shapes.fqdn)),
  hostname: [since('2.90', optional(shapes.hostname)), since('2.94', optional(shapes.wholeHostname))],
})
type Fields = NonNullable<(typeof fields)['type']>

const oneOrMore = either(uuid, list(uuid))
// biome-ignore format: a table of fields
const hints = object({
  group: maybe(uuid), different_host: maybe(oneOrMore), same_host: maybe(oneOrMore), query: maybe(either(text(), object({}, { extra: 'keep' }))),
  target_cell: maybe(shapes.anyName), different_cell: maybe(either(text(), list(text()))), build_near_host_ip: maybe(address),
  cidr: maybe(text({ pattern: '^/[0-9a-f.:]+$' })),
}, { extra: 'keep' })

interface Whole {
  readonly server: Fields
  readonly 'os:scheduler_hints'?: Readonly<Record<string, unknown>>
  readonly 'OS-SCH-HNT:scheduler_hints'?: Readonly<Record<string, unknown>>
}

/** What the scheduler is hinted at stands beside the server. */
const createBody: Body<Whole> = {
  root: null,
  rungs: fields.rungs,
  undeclared: () => ({}),
  schema: version => ({
    type: 'object',
    properties: { server: fields.schema(version), 'os:scheduler_hints': hints.schema, 'OS-SCH-HNT:scheduler_hints': hints.schema },
    required: ['server'],
    additionalProperties: false,
  }),
}

interface Created {
  readonly server: Server
  readonly adminPass: string | undefined
  readonly groupNames: readonly string[]
  readonly returnsReservation: boolean
}

const shown = shows<Created>()
const createdView = view(null, {
  reservation_id: shown(text(), ({ server, returnsReservation }) => (returnsReservation ? server.reservationId : undefined)),
  server: shown(anything, ({ server, adminPass, groupNames, returnsReservation }, { base }) =>
    returnsReservation
      ? undefined
      : {
          ...{ id: server.id, links: linksOf(server.id, base), 'OS-DCF:diskConfig': server.diskConfig },
          security_groups: groupNames.map(name => ({ name })),
          ...(adminPass === undefined ? {} : { adminPass }),
        },
  ),
})

// biome-ignore format: a table per route
export const createApi = (servers: ServerLogic) => [
  endpoint('POST /v2.1/servers', {
    summary: 'Boot a server',
    policy:  'os_compute_api:servers:create',
    body:    createBody,
    status:  202,
    target:  ofCaller,
    view:    createdView,
    async run({ body: { server: asked, ...whole }, caller, cause, base, may, at }) {
      const place = placeOf(asked)
      const target = ofCaller({ caller })
      if (place.forced) mustMay(may, 'os_compute_api:servers:create:forced_host', target)
      if (place.wanted) mustMay(may, 'compute:servers:create:requested_destination', target)
      if (asked.trusted_image_certificates) mustMay(may, 'os_compute_api:servers:create:trusted_certs', target)
      if (Array.isArray(asked.networks) && asked.networks.length > 0) mustMay(may, 'os_compute_api:servers:create:attach_network', target)
      const devices = devicesOf(asked)
      if (devices.length > 0) mustMay(may, 'os_compute_api:servers:create:attach_volume', target)
      const wish: Wish = {
        ...{ name: asked.name, hostname: asked.hostname, imageId: asked.imageRef ?? '', flavorId: shapes.idIn(asked.flavorRef) },
        // Before there were descriptions, a server was described by its name.
        description: asked.description ?? (at(until('2.18', true)) ? asked.name : null),
        ...{ metadata: asked.metadata ?? {}, tags: asked.tags ?? [], keyName: asked.key_name ?? null, userData: asked.user_data ?? null },
        ...{ trustedCertificates: asked.trusted_image_certificates ?? null, adminPass: asked.adminPass, devices, ...place },
        ...{ accessIpV4: asked.accessIPv4 ?? null, accessIpV6: asked.accessIPv6 === undefined ? null : shapes.shortIpV6(asked.accessIPv6), diskConfig: asked['OS-DCF:diskConfig'] },
        hasConfigDrive: isTrue(asked.config_drive),
        hints: whole['os:scheduler_hints'] ?? whole['OS-SCH-HNT:scheduler_hints'] ?? {},
        networks: wantedNetworks(asked.networks),
        securityGroups: [...new Set((asked.security_groups ?? []).flatMap(({ name }) => (name === undefined ? [] : [name])))],
        files: asked.personality,
        ...countsOf(asked),
        ...{ projectId: caller.projectId ?? '', userId: caller.userId ?? '', caller },
        mayUseZeroDisk: may('os_compute_api:servers:create:zero_disk_flavor', target),
        maySeeAllFlavors: may('context_is_admin'),
        ...networkSightOf(may, target),
      }
      const { servers: [server], adminPass } = await servers.create(wish, cause)
      const groupNames = wish.securityGroups.length > 0 ? wish.securityGroups : ['default']
      const created: Created = { server, adminPass: servers.showsPasswords() ? adminPass : undefined, groupNames, returnsReservation: isTrue(asked.return_reservation_id) }
      return answer(created, { headers: created.returnsReservation ? {} : { location: `${base}/v2.1/servers/${server.id}` } })
    },
  }),
]

function mustMay(may: May, rule: string, target: Readonly<Record<string, unknown>>): void {
  if (!may(rule, target)) throw new Refusal('forbidden', `Policy doesn't allow ${rule} to be performed.`)
}

function countsOf({ min_count: least, max_count: most }: Fields): Pick<Wish, 'minCount' | 'maxCount'> {
  const minCount = Number(least ?? 1)
  const maxCount = Number(most ?? minCount)
  if (minCount > maxCount) throw new Refusal('invalid', 'min_count must be <= max_count')
  return { minCount, maxCount }
}

/** `zone`, or `zone:host:node` from those who may say where. */
function placeOf({ availability_zone: said, host, hypervisor_hostname: node }: Fields): Pick<Wish, 'zone' | 'forced' | 'wanted'> {
  const parts = said?.split(':') ?? []
  if (parts.length > 3) throw new Refusal('invalid', 'Unable to parse availability_zone')
  const [zone, forcedHost, forcedNode] = parts.map(part => (part === '' ? undefined : part))
  const forced = forcedHost === undefined && forcedNode === undefined ? undefined : { host: forcedHost, node: forcedNode }
  const wanted = host === undefined && node === undefined ? undefined : { host: host ?? node, node }
  if (forced && wanted)
    throw new Refusal(
      'invalid',
      'One mechanism with host and/or hypervisor_hostname and another mechanism with zone:host:node are mutually exclusive.',
    )
  return { zone, forced, wanted }
}

type NewDevice = NonNullable<Fields['block_device_mapping_v2']>[number]
type OldDevice = NonNullable<Fields['block_device_mapping']>[number]

function devicesOf({ block_device_mapping: older, block_device_mapping_v2: newer }: Fields): readonly BlockDevice[] {
  if (older && newer) throw new Refusal('invalid', 'Using different block_device_mapping syntaxes is not allowed in the same request.')
  if (older) return older.filter(({ no_device: none }) => !none).map(oldDevice)
  return (newer ?? []).filter(({ no_device: none }) => !none).map(newDeviceOf)
}

const sizeOf = (size: string | number | null | undefined) => (size == null || size === '' ? undefined : Number(size))

/** Of the older syntax only volumes and snapshots come. */
function oldDevice({ volume_id: volume, snapshot_id: snapshot, volume_size: size, device_name: name }: OldDevice): BlockDevice {
  const source = snapshot ? 'snapshot' : 'volume'
  return {
    source,
    destination: 'volume',
    id: snapshot ?? volume ?? undefined,
    bootIndex: null,
    sizeGb: sizeOf(size),
    device: name ?? undefined,
  }
}

function newDeviceOf(asked: NewDevice): BlockDevice {
  const { source_type: source = 'blank', destination_type: destination, boot_index: index } = asked
  const usual = source === 'image' || source === 'blank' ? 'local' : 'volume'
  const id = asked.uuid ?? asked.image_id ?? asked.volume_id ?? asked.snapshot_id ?? undefined
  if (source !== 'blank' && id === undefined) throw new Refusal('invalid', `Block Device Mapping is Invalid: Missing device UUID.`)
  return {
    ...{
      source,
      destination: destination ?? usual,
      id,
      bootIndex: index == null ? null : Number(index),
      format: asked.guest_format ?? undefined,
    },
    ...{ sizeGb: sizeOf(asked.volume_size), device: asked.device_name ?? undefined },
  }
}
