import { join } from 'node:path'
import type { Clock } from '@kilonova/platform/clock.ts'
import type { HttpClient } from '@kilonova/platform/http/client.ts'
import type { Rooms } from './cloud.ts'
import { ownToken } from '@kilonova/identity/contract/remote-validator.ts'
import { type Member, memberOf } from './first-server/member.ts'
import { ensureAddress, ensureGroup, ensureKey, ensureServer } from './first-server/steps.ts'

/** What is said of it in `up`, `status` and `doctor`. */
export const firstServerTopic = 'server first'

export interface FirstServerRooms extends Pick<Rooms, 'logOf' | 'remark' | 'note' | 'places' | 'passwords'> {
  readonly clock: Pick<Clock, 'sleep' | 'now'>
  /** The door of a service, by its name in services.ts. */
  client(service: string): HttpClient
  /** Resolves when the image to boot is there. */
  readonly image: Promise<void>
  /** Remembers that the cloud has had its first server: deleting it is then its owner's business. */
  settled(): void
  readonly lookMs?: number
}

export const keyFileOf = ({ home }: Pick<Rooms['places'], 'home'>) => join(home, 'demo-key')

/**
 * Boots the first server of a new cloud, as the user demo would: with a key, a security group that lets pings and ssh in, and a floating address.
 * Each step looks for what is there, so that who was interrupted may begin again. It is made beside everything else.
 */
export function firstServer(rooms: FirstServerRooms) {
  const { logOf, remark, note } = rooms
  const ending = new AbortController()
  const make = async () => {
    note(firstServerTopic, 'is being made')
    await Promise.race([rooms.image, rejectionOf(ending.signal)])
    const home = { name: 'Default' }
    const demo = { username: 'demo', password: rooms.passwords.demo, userDomain: home, projectName: 'demo', projectDomain: home }
    const token = ownToken({ client: rooms.client('keystone'), user: demo, clock: rooms.clock })
    const member = memberOf(rooms.client, token.get)
    const keyFile = keyFileOf(rooms.places)
    await ensureKey(member, keyFile)
    const groupId = await ensureGroup(member)
    const serverId = await ensureServer(member, groupId)
    await waitUntilActive(member, serverId, rooms, ending.signal)
    const address = await ensureAddress(member, serverId)
    rooms.settled()
    note(firstServerTopic, `is there: ssh -i ${keyFile} cirros@${address}`)
  }
  let working: Promise<void> | undefined
  return {
    begin: async (): Promise<void> => {
      working ??= make().catch(error => {
        if (ending.signal.aborted) return
        note(firstServerTopic, undefined)
        remark(firstServerTopic, `it could not be made: ${error instanceof Error ? error.message : String(error)}`)
        logOf('nova-api').warn(`${firstServerTopic} could not be made`, { error })
      })
    },
    done: () => working,
    stop: async () => {
      ending.abort(new Error('the cloud ends'))
      await working
    },
  }
}

const rejectionOf = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))

interface Shown {
  readonly server: { readonly status: string; readonly fault?: { readonly message: string } }
}

async function waitUntilActive(
  member: Member,
  id: string,
  { clock, lookMs = 500 }: Pick<FirstServerRooms, 'clock' | 'lookMs'>,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const { server } = await member.get<Shown>('nova', `/v2.1/servers/${id}`)
    if (server.status === 'ACTIVE') return
    if (server.status !== 'BUILD') throw new Error(server.fault?.message ?? `it is ${server.status}`)
    await clock.sleep(lookMs, signal)
  }
}
