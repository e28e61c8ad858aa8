import { silentLog } from '@kilonova/platform/log/log.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aServer, cause, emptyDatabase, type FakeHosts, fakeHosts } from '../../kit.ts'
import type { Tables } from '../../tables.ts'
import type { Server } from '../server.ts'
import { serverStore } from '../store.ts'
import { destroyOrphans } from './orphans.ts'

let db: Database<Tables>
let grave: Database<Tables>
let hypervisors: FakeHosts
let leaving: string[]
beforeEach(async () => {
  db = await emptyDatabase()
  grave = await emptyDatabase()
  hypervisors = fakeHosts({ host1: 8192 })
  leaving = []
})
afterEach(async () => void (await Promise.all([db.close(), grave.close()])))

/** A guest on host1, and what the tables know of it; those of no cell know nothing. */
async function guestOf(server: Server, cell: Database<Tables> | null = db) {
  await cell?.transaction(cause, async tx => void (await serverStore(cell).insert(tx, server)))
  hypervisors.guests.set(server.id, {
    host: 'host1',
    state: { uuid: server.id, name: `instance-0000000${server.number}`, power: 'running' },
  })
}
const leaveOldHost = async (serverId: string, host: string) => void leaving.push(`${serverId} leaves ${host}`)
const rooms = () => ({ store: serverStore(db), grave: serverStore(grave), hypervisors, leaveOldHost, log: silentLog })
/** host1 tells of its guests; another host, of those that were named. */
const report = (guests = [...hypervisors.guests.values()].map(({ state }) => state), host = 'host1') =>
  destroyOrphans({ host, complete: true, guests }, rooms(), cause)
const left = () => [...hypervisors.guests.values()].map(({ state }) => state.name)

test('a guest whose server was deleted, or failed before it ever ran, is taken away', async () => {
  await guestOf(aServer(1, { vmState: 'deleted', taskState: null, isDeleted: true }))
  await guestOf(aServer(2, { vmState: 'error', taskState: null }))
  await report()
  expect(left()).toEqual([])
})

test('a guest that started late on a host that was tried first goes when its server found no other host, and was deleted then or not', async () => {
  await guestOf(aServer(1, { vmState: 'error', taskState: null, host: null }), grave)
  await guestOf(aServer(2, { vmState: 'deleted', taskState: null, host: null, isDeleted: true }), grave)
  await report()
  expect(left()).toEqual([])
})

test('a server that is still being made counts, though its copy is where failed ones go', async () => {
  const server = aServer(1)
  await guestOf(server)
  await guestOf({ ...server, vmState: 'error', taskState: null }, grave)
  await report()
  expect(left()).toHaveLength(1)
})

test('a guest whose server lives, is being made or failed later stays', async () => {
  await guestOf(aServer(1, { vmState: 'active', taskState: null, launchedAt: '2026-01-01T00:00:00.000Z' }))
  await guestOf(aServer(2))
  await guestOf(aServer(3, { vmState: 'error', taskState: null, launchedAt: '2026-01-01T00:00:00.000Z' }))
  await report()
  expect(left()).toHaveLength(3)
})

test('a guest of which nothing is known belongs to somebody else', async () => {
  await guestOf(aServer(1), null)
  await report()
  expect(left()).toEqual(['instance-00000001'])
})

test('a host that does not answer any more is left alone until it tells of its guests again', async () => {
  await guestOf(aServer(1, { vmState: 'deleted', taskState: null, isDeleted: true }))
  const told = [...hypervisors.guests.values()].map(({ state }) => state)
  await report(told, 'absent')
  expect(left()).toHaveLength(1)
  await report(told)
  expect(left()).toEqual([])
})

test('files that remain of a deleted server go, of which its host tells though it knows no guest of it; those of living servers stay', async () => {
  await guestOf(aServer(1, { vmState: 'deleted', taskState: null, isDeleted: true }))
  await guestOf(aServer(2, { vmState: 'active', taskState: null, launchedAt: '2026-01-01T00:00:00.000Z', host: 'host2' }))
  await guestOf(aServer(3))
  const remains = [...hypervisors.guests.keys(), '5c242396-3c7b-4bc6-bec1-3df8eb57d53d']
  await destroyOrphans({ host: 'host1', complete: true, guests: [], remains }, rooms(), cause)
  expect(remains.filter(id => hypervisors.guests.has(id))).toEqual([aServer(2).id, aServer(3).id])
  expect(leaving).toEqual([])
})

test('what is left of a server that lives on another host goes by work of its own, unless the server failed or may still come back', async () => {
  const there = { host: 'host2', taskState: null, launchedAt: '2026-01-01T00:00:00.000Z' }
  await guestOf(aServer(1, { ...there, vmState: 'active' }))
  await guestOf(aServer(2, { ...there, vmState: 'resized' }))
  await guestOf(aServer(3, { ...there, vmState: 'error' }))
  await guestOf(aServer(4, { ...there, vmState: 'active', taskState: 'resize_migrating' }))
  await guestOf(aServer(5, { ...there, vmState: 'active', host: 'host1' }))
  await report()
  expect(leaving).toEqual([`${aServer(1).id} leaves host1`])
  expect(left()).toHaveLength(5)
})
