import type { GuestState } from '@kilonova/hypervisor/contract/guest.ts'
import { guestName } from '@kilonova/hypervisor/contract/guest.ts'
import type { VmState } from '../../servers/states.ts'
import type { Check, Finding, Known } from '../finding.ts'
import { type Machine, nameOf, type Rooms, type Scene, sceneOf } from './rooms.ts'

/** What a guest may be doing while its server is said to be so; a server that is not here has no say in it. */
const powers: Readonly<Partial<Record<VmState, readonly GuestState['power'][]>>> = {
  active: ['running', 'paused'],
  paused: ['paused'],
  stopped: ['shutdown', 'crashed'],
  rescued: ['running', 'shutdown', 'crashed'],
}
/** Its guest went, which was noted: starting it makes it again. */
const isKnownToBeGone = ({ vmState, powerState }: Known) => vmState === 'stopped' && powerState === 'nostate'
/** On no host. */
const bodiless: readonly VmState[] = ['building', 'deleted', 'shelved_offloaded', 'error', 'shelved']

/** Every server that runs has its guest, and every guest its server. */
export const guestsAgree = (rooms: Rooms): Check => ({
  name: 'servers and the guests on their hosts agree',
  async look() {
    const all = await Promise.all(rooms.machines.map(async machine => ({ machine, guests: await machine.guests() })))
    // Read after the guests: of one that has just begun there is a server by then.
    const scene = await sceneOf(rooms)
    return all.flatMap(({ machine, guests }) => comparing(guests, machine, scene))
  },
})

function comparing(guests: readonly GuestState[], machine: Machine, { servers, byId, busy }: Scene): readonly Finding[] {
  const { host } = machine
  const there = new Map(guests.map(guest => [guest.uuid, guest]))
  const wanted = servers.filter(one => one.host === host && !one.isDeleted && !busy.has(one.id) && !bodiless.includes(one.vmState))
  const missing = wanted
    .filter(one => !there.has(one.id) && !isKnownToBeGone(one))
    .map(one => ({ what: `${nameOf(one)} is ${one.vmState}, and ${host} has no guest of it` }))
  const strange = wanted.flatMap(one => {
    const power = there.get(one.id)?.power
    const isFine = power === undefined || powers[one.vmState]?.includes(power) !== false
    return isFine ? [] : [{ what: `${nameOf(one)} is ${one.vmState}, and its guest on ${host} is ${power}` }]
  })
  const left = guests.flatMap(({ uuid, name }): Finding[] => {
    const server = byId.get(uuid)
    // Of what is unknown here another cloud may know.
    if (!server || busy.has(uuid)) return []
    const run = () => machine.destroy(uuid)
    if (server.isDeleted)
      return [{ what: `${name} runs on ${host}, and ${nameOf(server)} was deleted`, repair: { what: 'destroyed', run } }]
    if (server.host !== host)
      return server.vmState === 'resized'
        ? []
        : [{ what: `${name} is on ${host}, and ${nameOf(server)} is on ${server.host ?? 'no host'}` }]
    return name === guestName(server.number) ? [] : [{ what: `${name} on ${host} is to be called ${guestName(server.number)}` }]
  })
  return [...missing, ...strange, ...left]
}

const directoryName = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(_resize|_del)?$/

/** Files of guests are those of servers. */
export const filesAgree = (rooms: Rooms): Check => ({
  name: 'the files of guests are those of servers',
  async look() {
    const scene = await sceneOf(rooms)
    const found = await Promise.all(
      rooms.machines.map(async machine => {
        const names = new Set(await machine.directories())
        return [...names].flatMap(name => leftOver(name, names, machine, scene))
      }),
    )
    return found.flat()
  },
})

function leftOver(name: string, all: ReadonlySet<string>, machine: Machine, { byId, busy }: Scene): readonly Finding[] {
  const [, uuid = '', suffix] = directoryName.exec(name) ?? []
  const server = byId.get(uuid)
  // Neither a guest's, nor one of which this cloud knows.
  if (!server || busy.has(uuid)) return []
  const where = `the directory ${name} on ${machine.host}`
  if (server.isDeleted)
    return [
      { what: `${where} is left of ${nameOf(server)}, which was deleted`, repair: { what: 'removed', run: () => machine.destroy(uuid) } },
    ]
  return suffix === undefined || mayKeep(server) ? [] : [keptInVain(server, where, all.has(uuid), machine)]
}

/** Where there is nothing but what is kept, it may be all that there is of the server's disks. */
function keptInVain(server: Known, where: string, isBesides: boolean, machine: Machine): Finding {
  const what = `${where} is kept, though ${nameOf(server)} is not being resized`
  const isElsewhere = server.host !== null && server.host !== machine.host
  return isBesides || isElsewhere ? { what, repair: { what: 'removed', run: () => machine.dropKept(server.id) } } : { what }
}

/** Where a confirmation failed half-way, somebody who looks must say what of it is needed. */
const mayKeep = ({ vmState, taskState }: Known) => vmState === 'resized' || vmState === 'error' || taskState !== null
