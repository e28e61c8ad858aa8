import { guestName } from '@kilonova/hypervisor/contract/guest.ts'
import { anything, dictionary, flag, integer, list, nullable, object, text } from '@kilonova/platform/http/shape.ts'
import { type Shown, shows } from '@kilonova/platform/http/view.ts'
import { since, view } from '../../versions.ts'
import type { Seen } from '../logic/present.ts'
import { addressesByLabel, type Server } from '../server.ts'
import { powerNumber, progressOf, saysProgress, statusOf } from '../states.ts'

const shown = shows<Seen>()
const link = list(object({ rel: text(), href: text() }))
const flavorDetail = object({
  ...{ vcpus: integer(), ram: integer(), disk: integer(), ephemeral: integer(), swap: integer(), original_name: text() },
  extra_specs: anything,
})
const image = anything
const addresses = dictionary(list(anything))

const seconds = (iso: string) => iso.replace(/\.\d+Z$/, 'Z')
/** As Python prints a time that knows no zone. */
const naive = (iso: string | null) => iso?.replace(/(\.\d{3})?Z$/, (_, ms = '.000') => `${ms}000`) ?? null
const status = ({ vmState, taskState }: Server) => statusOf(vmState, taskState)

const operator =
  <T>(of: (server: Server) => T) =>
  ({ server, eyes }: Seen): T | undefined =>
    eyes.isOperator ? of(server) : undefined

export const linksOf = (id: string, base: string) => [
  { rel: 'self', href: `${base}/v2.1/servers/${id}` },
  { rel: 'bookmark', href: `${base}/servers/${id}` },
]
const bookmark = (href: string) => [{ rel: 'bookmark', href }]

const links = shown(link, ({ server }, { base }) => linksOf(server.id, base))
const id = shown(text(), ({ server }) => server.id)
const name = shown(text(), ({ server }) => server.name)

export const briefView = view('server', { id, name, links })

// biome-ignore format: a table of fields
const always = {
  id,
  name,
  status:      shown(text(), ({ server }) => status(server)),
  tenant_id:   shown(text(), ({ server }) => server.projectId),
  user_id:     shown(text(), ({ server }) => server.userId),
  metadata:    shown(dictionary(text()), ({ server }) => server.metadata),
  hostId:      shown(text(), ({ hostId }) => hostId),
  image:       shown(image, ({ server: { imageId } }, { base }) => imageId === '' ? '' : { id: imageId, links: bookmark(`${base}/images/${imageId}`) }),
  flavor: [
    shown(anything, ({ server: { flavor } }, { base }) => ({ id: flavor.id, links: bookmark(`${base}/flavors/${flavor.id}`) })),
    since('2.47', shown(flavorDetail, ({ server: { flavor }, eyes }) => ({
      vcpus: flavor.vcpus, ram: flavor.memoryMb, disk: flavor.diskGb, ephemeral: flavor.ephemeralGb, swap: flavor.swapMb,
      original_name: flavor.name, ...(eyes.seesExtraSpecs ? { extra_specs: flavor.extraSpecs ?? {} } : {}) }) as never)),
  ],
  created:     shown(text(), ({ server }) => seconds(server.createdAt)),
  updated:     shown(text(), ({ server }) => seconds(server.updatedAt)),
  accessIPv4:  shown(text(), ({ server }) => server.accessIpV4 ?? ''),
  accessIPv6:  shown(text(), ({ server }) => server.accessIpV6 ?? ''),
  links,
  'OS-DCF:diskConfig': shown(text(), ({ server }) => server.diskConfig),
  progress:    shown(integer(), ({ server }) => saysProgress(status(server)) ? Math.max(server.progress, progressOf(server.vmState)) : undefined),
  fault:       shown(anything, ({ server, eyes }) => faultOf(server, eyes.isAdmin)),
  locked:        since('2.9', shown(flag, ({ server }) => server.lockedBy !== null)),
  locked_reason: since('2.73', shown(nullable(text()), ({ server }) => server.lockedReason)),
  description:   since('2.19', shown(nullable(text()), ({ server }) => server.description)),
  tags:          since('2.26', shown(list(text()), ({ server }) => server.tags)),
  trusted_image_certificates: since('2.63', shown(nullable(list(text())), ({ server }) => server.trustedCertificates)),
  pinned_availability_zone:   since('2.96', shown(nullable(text()), ({ server }) => server.request.zone ?? null)),
} as const

const addressesOf =
  (withTypes: boolean) =>
  ({ server }: Seen) =>
    addressesByLabel(server.nics, withTypes)

/** What is shown of a server everywhere only since 2.75; `from` is where it began to be shown by GET. */
// biome-ignore format: a table of fields
const besides = {
  'OS-EXT-AZ:availability_zone': shown(text(), ({ server }) => server.availabilityZone ?? ''),
  config_drive: shown(text(), ({ server }) => (server.hasConfigDrive ? 'True' : '')),
  'OS-SRV-USG:launched_at':      shown(nullable(text()), ({ server }) => naive(server.launchedAt)),
  'OS-SRV-USG:terminated_at':    shown(nullable(text()), ({ server }) => naive(server.terminatedAt)),
  'OS-EXT-STS:task_state':       shown(nullable(text()), ({ server }) => server.taskState),
  'OS-EXT-STS:vm_state':         shown(text(), ({ server }) => server.vmState),
  'OS-EXT-STS:power_state':      shown(integer(), ({ server }) => powerNumber(server.powerState)),
  'os-extended-volumes:volumes_attached': shown(list(anything), ({ volumes }) => volumes),
  security_groups:               shown(list(object({ name: text() })), ({ server, groupNames }) => server.nics.length === 0 || groupNames.length === 0 ? undefined : groupNames.map(name => ({ name }))),
  'OS-EXT-SRV-ATTR:host':                shown(nullable(text()), operator(server => server.host)),
  'OS-EXT-SRV-ATTR:hypervisor_hostname': shown(nullable(text()), operator(server => server.node)),
  'OS-EXT-SRV-ATTR:instance_name':       shown(text(), operator(server => guestName(server.number))),
} as const

// biome-ignore format: a table of fields
const operators = {
  'OS-EXT-SRV-ATTR:reservation_id':   shown(text(), operator(server => server.reservationId)),
  'OS-EXT-SRV-ATTR:launch_index':     shown(integer(), operator(server => server.launchIndex)),
  'OS-EXT-SRV-ATTR:kernel_id':        shown(text(), operator(server => server.systemMetadata['image_kernel_id'] ?? '')),
  'OS-EXT-SRV-ATTR:ramdisk_id':       shown(text(), operator(server => server.systemMetadata['image_ramdisk_id'] ?? '')),
  'OS-EXT-SRV-ATTR:root_device_name': shown(nullable(text()), operator(server => server.rootDevice)),
} as const
const userData = shown(
  nullable(text()),
  operator(server => server.userData),
)
const hostStatus = shown(text(), ({ hostStatus }) => hostStatus)
const keyName = shown(nullable(text()), ({ server }) => server.keyName)
const hostname = shown(
  text(),
  operator(server => server.hostname),
)
const everybodysHostname = since(
  '2.90',
  shown(text(), ({ server }) => server.hostname),
)
const groups = since(
  '2.71',
  shown(list(text()), ({ groups }) => groups),
)

type Cells = Readonly<Record<string, Shown<Seen, unknown>>>
const from = <C extends Cells>(version: Parameters<typeof since>[0], cells: C) =>
  Object.fromEntries(Object.entries(cells).map(([name, cell]) => [name, since(version, cell)])) as {
    [K in keyof C]: ReturnType<typeof since<C[K]>>
  }

/** What GET shows. */
// biome-ignore format: a table of fields
export const wholeView = view('server', {
  ...always,
  addresses: shown(addresses, addressesOf(true)),
  ...besides,
  key_name: keyName,
  ...from('2.3', { ...operators, 'OS-EXT-SRV-ATTR:user_data': userData }),
  'OS-EXT-SRV-ATTR:hostname': [since('2.3', hostname), everybodysHostname],
  host_status: since('2.16', hostStatus),
  server_groups: groups,
})

/** What PUT and a rebuild show. */
const changedCells = {
  ...always,
  addresses: [shown(addresses, addressesOf(false)), since('2.75', shown(addresses, addressesOf(true)))],
  ...from('2.75', { ...besides, ...operators, host_status: hostStatus }),
  'OS-EXT-SRV-ATTR:hostname': [since('2.75', hostname), everybodysHostname],
  server_groups: groups,
} as const

export const updatedView = view('server', {
  ...changedCells,
  ...from('2.75', { key_name: keyName, 'OS-EXT-SRV-ATTR:user_data': userData }),
})

export const rebuiltView = view('server', {
  ...changedCells,
  key_name: since('2.54', keyName),
  adminPass: shown(text(), ({ adminPass }) => adminPass),
  user_data: since(
    '2.57',
    shown(nullable(text()), ({ server }) => server.userData),
  ),
})

function faultOf({ fault, vmState, isDeleted }: Server, isAdmin: boolean): object | undefined {
  if (fault === null || (vmState !== 'error' && !isDeleted)) return undefined
  const { code, message, details, createdAt } = fault
  return { code, created: seconds(createdAt), message, ...(details !== '' && (isAdmin || code !== 500) ? { details } : {}) }
}
