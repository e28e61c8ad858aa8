import type { Cause } from '@kilonova/platform/cause.ts'
import type { Caller } from '@kilonova/platform/policy/caller.ts'
import { given } from '@kilonova/platform/given.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Server } from '../server.ts'
import { imagePropertiesOf } from '../tasks/guest.ts'
import { rebuildServer, type RebuildWish } from '../tasks/rebuild.ts'
import { type ActOn, type Asker, mustMay } from './act.ts'
import { diskConfigOf, mustAgree, mustLieAsBefore, mustSuit, rememberedOf, rootDeviceOf, withoutImage } from './boot-image.ts'
import { nothingIfAbsent } from './find.ts'
import { passwordOf } from './password.ts'
import type { Rooms } from './rooms.ts'

type Changed = Partial<
  Pick<Server, 'name' | 'description' | 'metadata' | 'userData' | 'hostname' | 'accessIpV4' | 'accessIpV6' | 'trustedCertificates'>
>

export interface RebuildAsk {
  readonly imageId: string
  readonly changed: Changed
  /** `null`: none any more. Absent: the one it has. */
  readonly keyName?: string | null | undefined
  readonly userId: string
  readonly diskConfig?: 'AUTO' | 'MANUAL' | undefined
  readonly adminPass?: string | undefined
  readonly caller?: Caller | undefined
}

const deadlineMs = 1_800_000

export const rebuilding = (act: ActOn, { images, keypairs, settings, chance }: Rooms) => ({
  /** The same server from an image, its own or another: its disks are new, all else stays. */
  async rebuild(server: Server, ask: RebuildAsk, asker: Asker, cause: Cause): Promise<{ server: Server; adminPass: string }> {
    mustMay('rebuild', server, asker)
    const image = await images.find(ask.imageId, ask.caller)
    if (!image) throw new Refusal('invalid', 'Cannot find image for rebuild')
    mustSuit(server.flavor, image)
    if (image.id !== server.imageId) {
      mustAgree(server.flavor, image)
      mustLieAsBefore(server.flavor, imagePropertiesOf(server), image.properties)
    }
    const key = await keyOf(keypairs, ask)
    const adminPass = ask.adminPass ?? passwordOf(settings().passwordLength, chance.bytes)
    const change = (before: Server): Partial<Server> => ({
      ...given(ask.changed),
      ...key,
      ...{ imageId: image.id, rootDevice: rootDeviceOf(image), progress: 0 },
      diskConfig: diskConfigOf(image, ask.diskConfig ?? before.diskConfig),
      systemMetadata: { ...withoutImage(before.systemMetadata), ...rememberedOf(image) },
    })
    const input = (before: Server) => ({
      ...{ was: before.vmState, before: { imageId: before.imageId, systemMetadata: before.systemMetadata } },
      ...(before.hasConfigDrive ? { adminPass } : {}),
    })
    const note = { action: 'rebuild', event: 'compute_rebuild_instance' }
    const rebuilt = await act<RebuildWish>(
      server.id,
      { action: 'rebuild', task: rebuildServer, note, input, change, deadlineMs },
      asker,
      cause,
    )
    return { server: rebuilt, adminPass }
  },
})

/** The key its owner asks for, which may be none. */
async function keyOf(keypairs: Rooms['keypairs'], { keyName, userId }: RebuildAsk): Promise<Partial<Server>> {
  if (keyName === undefined) return {}
  if (keyName === null) return { keyName: null, publicKey: null }
  const key = await keypairs.get(userId, keyName).catch(nothingIfAbsent)
  if (!key) throw new Refusal('invalid', 'Invalid key_name provided.')
  return { keyName, publicKey: key.publicKey }
}
