import type { Cause } from '@kilonova/platform/cause.ts'
import type { Caller } from '@kilonova/platform/policy/caller.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { BootImage } from '../../clients/images.ts'
import type { Flavor } from '../../flavors/flavor.ts'
import { type BootRequest, hostnameOf, type Server } from '../server.ts'
import { bootServer } from '../tasks/boot.ts'
import { diskConfigOf, mustAgree, mustSuit, rememberedOf, rootDeviceOf } from './boot-image.ts'
import { type BlockDevice, disksOf } from './disks.ts'
import { nothingIfAbsent } from './find.ts'
import { countByNetworks } from './networks.ts'
import { passwordOf } from './password.ts'
import type { Rooms } from './rooms.ts'

type Kept = 'name' | 'description' | 'metadata' | 'tags' | 'projectId' | 'userId' | 'keyName' | 'userData' | 'trustedCertificates'

export interface WholeWish
  extends Pick<Server, Kept | 'accessIpV4' | 'accessIpV6'>,
    Pick<BootRequest, 'zone' | 'forced' | 'wanted' | 'hints' | 'networks' | 'securityGroups' | 'seesAllNetworks' | 'files'> {
  /** '' when the block devices say what to boot from. */
  readonly imageId: string
  readonly flavorId: string
  /** A host name its owner chose. */
  readonly hostname?: string | undefined
  readonly hasConfigDrive: boolean
  readonly diskConfig?: 'AUTO' | 'MANUAL' | undefined
  readonly adminPass?: string | undefined
  readonly devices: readonly BlockDevice[]
  readonly minCount: number
  readonly maxCount: number
  /** Who must be able to see the image. */
  readonly caller?: Caller | undefined
  readonly mayUseZeroDisk: boolean
  readonly mayUseExternalNetworks: boolean
  readonly maySeeAllFlavors: boolean
}

type Needed = 'name' | 'imageId' | 'flavorId' | 'projectId' | 'userId'
/** What is not said is nothing: no metadata, no key, one server. */
export type Wish = Pick<WholeWish, Needed> & Partial<WholeWish>

const unasked: Omit<WholeWish, Needed> = {
  ...{
    description: null,
    metadata: {},
    tags: [],
    keyName: null,
    userData: null,
    trustedCertificates: null,
    accessIpV4: null,
    accessIpV6: null,
  },
  ...{ hints: {}, networks: 'any', securityGroups: [], hasConfigDrive: false, devices: [], minCount: 1, maxCount: 1 },
  ...{ mayUseZeroDisk: false, mayUseExternalNetworks: false, maySeeAllFlavors: false },
}

export interface Made {
  readonly servers: readonly [Server, ...Server[]]
  readonly adminPass: string
}

export const creating = (rooms: Rooms) => {
  const { cells, keypairs, groups, quotas, actions, record, settings, clock, chance } = rooms

  /** All that is made is written down at once: servers, what was asked of them, and the labours that boot them. */
  async function create(asked: Wish, cause: Cause): Promise<Made> {
    const whole: WholeWish = { ...unasked, ...asked }
    const { flavor, image, disks } = await look(rooms, whole)
    const key = whole.keyName === null ? undefined : await keyOf(whole.userId, whole.keyName)
    const group = await groupOf(whole)
    await refuseZone(rooms, whole)
    const fitting: WholeWish = { ...whole, maxCount: await countFor(whole, flavor, group?.members) }
    const first = chance.uuid()
    const wish: WholeWish = { ...fitting, maxCount: await countByNetworks(rooms, fitting, first) }
    const ids: [string, ...string[]] = [first, ...Array.from({ length: wish.maxCount - 1 }, () => chance.uuid())]
    const adminPass = wish.adminPass ?? passwordOf(settings().passwordLength, chance.bytes)
    const made = { flavor, image, disks, publicKey: key?.publicKey ?? null, groupId: group?.id, now: new Date(clock.now()).toISOString() }
    const reservationId = `r-${chance.uuid().replaceAll('-', '').slice(0, 8)}`
    await cells.place(ids, wish.projectId, cause)
    if (group) await groups.join(group, ids, cause)
    const { store, write } = cells.first
    /** Nobody is left in a group who was not made after all. */
    const leaveGroup = async (error: unknown): Promise<never> => {
      if (group && error instanceof Refusal) for (const id of ids) await groups.leave(id, cause)
      throw error
    }
    const making = write(cause, async tx => {
      const all: Server[] = []
      const numbers: number[] = []
      for (const _ of ids) numbers.push(await store.takeNumber(tx))
      await quotas.mustStillFit({ projectId: wish.projectId, userId: wish.userId, flavor, count: ids.length }, tx)
      for (const [index, id] of ids.entries()) {
        const server = serverOf(wish, { ...made, id, index, reservationId, number: numbers[index] ?? 0, settings: settings() })
        await store.insert(tx, server)
        await actions.begin(tx, id, { action: 'create', event: 'conductor_schedule_and_build_instances' }, cause)
        const input = { serverId: id, ...(server.hasConfigDrive ? { adminPass } : {}) }
        await record(tx, bootServer, { key: id, input, deadlineMs: settings().buildMs, cause })
        all.push(server)
      }
      return all as [Server, ...Server[]]
    })
    return { servers: await making.catch(leaveGroup), adminPass }
  }

  /** As many as the project may have, of those that are asked for. */
  async function countFor(
    { projectId, userId, metadata, files, minCount, maxCount }: WholeWish,
    flavor: Flavor,
    members?: readonly string[],
  ) {
    await quotas.mustAllowMetadata(projectId, userId, Object.keys(metadata).length)
    await quotas.mustAllowFiles(
      projectId,
      userId,
      (files ?? []).map(one => ({ path: one.path, bytes: one.contents.length })),
    )
    const count = await quotas.mayHave({ projectId, userId, flavor, minCount, maxCount })
    if (members) await quotas.mustAllowMembers(projectId, userId, members, count)
    return count
  }

  async function keyOf(userId: string, name: string) {
    const key = await keypairs.get(userId, name).catch(nothingIfAbsent)
    if (!key) throw new Refusal('invalid', 'Invalid key_name provided.')
    return key
  }

  async function groupOf({ hints, projectId }: WholeWish) {
    const id = hints['group']
    if (typeof id !== 'string') return undefined
    const found = await groups.get(id).catch(nothingIfAbsent)
    if (!found || found.projectId !== projectId) throw new Refusal('invalid', `Instance group ${id} could not be found.`)
    return found
  }

  return { create }
}

/** The flavor and the image, when they are there and suit each other. */
async function look({ flavors, images }: Pick<Rooms, 'flavors' | 'images'>, wish: WholeWish) {
  const flavor = await flavors.getFor(wish.flavorId, wish.projectId, wish.maySeeAllFlavors).catch(nothingIfAbsent)
  if (!flavor || flavor.isDisabled) throw new Refusal('invalid', `Flavor ${wish.flavorId} could not be found.`)
  if (wish.hostname !== undefined && wish.maxCount > 1)
    throw new Refusal('invalid', 'Unable to allocate a single hostname to multiple instances')
  const { imageId, disks } = disksOf(wish.devices, wish.imageId, flavor)
  if (imageId === '') throw new Refusal('invalid', 'Invalid imageRef provided.')
  const image = await images.find(imageId, wish.caller)
  if (!image) throw new Refusal('invalid', 'Can not find requested image')
  if (flavor.diskGb === 0 && !wish.mayUseZeroDisk)
    throw new Refusal('forbidden', 'Only volume-backed servers are allowed for flavors with zero disk.')
  mustSuit(flavor, image)
  mustAgree(flavor, image)
  return { flavor, image, disks }
}

async function refuseZone({ zones, services }: Pick<Rooms, 'zones' | 'services'>, { zone, forced, wanted }: WholeWish): Promise<void> {
  const host = forced?.host ?? wanted?.host
  if (host !== undefined) {
    const isThere = (await services.list()).some(one => one.binary === 'nova-compute' && one.host === host)
    if (!isThere) throw new Refusal('invalid', `Compute host ${host} could not be found.`)
  }
  if (zone !== undefined && forced === undefined && !(await zones()).includes(zone))
    throw new Refusal('invalid', 'The requested availability zone is not available')
}

interface Making {
  readonly id: string
  readonly index: number
  readonly number: number
  readonly flavor: Flavor
  readonly image: BootImage
  readonly disks: BootRequest['disks']
  readonly publicKey: string | null
  readonly groupId: string | undefined
  readonly reservationId: string
  readonly now: string
  readonly settings: ReturnType<Rooms['settings']>
}

function serverOf(
  wish: WholeWish,
  { id, index, number, flavor, image, disks, publicKey, groupId, reservationId, now, settings }: Making,
): Server {
  const isOneOfMany = wish.maxCount > 1
  const hostname = hostnameOf(wish.name)
  const needsDrive = wish.hasConfigDrive || settings.forcesConfigDrive || image.properties?.['img_config_drive'] === 'mandatory'
  return {
    ...{ id, number, flavor, oldFlavor: null, newFlavor: null, imageId: image.id, projectId: wish.projectId, userId: wish.userId },
    name: isOneOfMany ? `${wish.name}-${index + 1}` : wish.name,
    hostname: wish.hostname ?? (hostname === '' ? `Server-${id}` : isOneOfMany ? `${hostname}-${index + 1}` : hostname),
    ...{ description: wish.description, metadata: wish.metadata, tags: [...new Set(wish.tags)] },
    systemMetadata: { ...rememberedOf(image), ...(wish.caller ? { boot_roles: wish.caller.roles.join() } : {}) },
    ...{
      vmState: 'building',
      taskState: 'scheduling',
      powerState: 'nostate',
      progress: 0,
      fault: null,
      lockedBy: null,
      lockedReason: null,
    },
    ...{ host: null, node: null, availabilityZone: wish.zone ?? null, reservationId, launchIndex: index },
    request: {
      ...{ zone: wish.zone, forced: wish.forced, wanted: wish.wanted, hints: wish.hints, groupId, count: wish.maxCount, disks },
      ...{ networks: wish.networks, securityGroups: wish.securityGroups, seesAllNetworks: wish.seesAllNetworks, files: wish.files },
    },
    ...{ keyName: wish.keyName, publicKey, userData: wish.userData, hasConfigDrive: needsDrive, rootDevice: rootDeviceOf(image) },
    ...{ diskConfig: diskConfigOf(image, wish.diskConfig), accessIpV4: wish.accessIpV4, accessIpV6: wish.accessIpV6 },
    ...{ trustedCertificates: wish.trustedCertificates, dropsAtShutdown: false, nics: [] },
    ...{ createdAt: now, updatedAt: now, launchedAt: null, terminatedAt: null, deletedAt: null, isDeleted: false },
  }
}
