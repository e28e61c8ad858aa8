import { mkdir, readdir, rm } from 'node:fs/promises'
import { ensureLibvirt, guestImage, virsh } from '@kilonova/hypervisor/kit.ts'
import { traceTable } from '@kilonova/platform/log/trace.ts'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type StoryCloud, startCloud, theImage } from './kit/cloud.ts'

/** The story of `boot-a-server.test.ts` on this machine's hypervisor: QEMU through libvirt, with a guest image of our own. */
const waiting = { timeout: 120_000, interval: 250 }

let cloud: StoryCloud | undefined
let libvirt: { stop(): Promise<void> } | undefined
/** Other clouds may have guests on this libvirt, counted from 1. */
const firstNumber = 0x5000_0000 + process.pid
const instancesDir = `/var/lib/nova/instances-story-${process.pid}`

beforeAll(async () => {
  libvirt = await ensureLibvirt()
  await mkdir(instancesDir, { recursive: true })
  cloud = await startCloud({ hypervisor: { libvirt: { instancesDir } }, firstNumber, imagePath: await guestImage() })
})

afterAll(async () => {
  await cloud?.close()
  for (const uuid of await ours()) {
    await virsh('destroy', uuid).catch(() => {}) // It may be off.
    await virsh('undefine', uuid)
  }
  await rm(instancesDir, { recursive: true, force: true })
  await libvirt?.stop()
})

test('a server boots to its login prompt on the real hypervisor, and nothing of it is left when it is deleted', async () => {
  if (!cloud) throw new Error('the cloud did not start')
  const { as, sees, trace } = cloud
  const [demo, admin] = [as('demo'), as('admin')]
  await Promise.all([demo.token(), admin.token()])
  const began = performance.now()
  const asked = await demo.post('/v2.1/servers', { server: { name: 'first', imageRef: theImage, flavorRef: '0' } })
  const answeredMs = performance.now() - began
  expect(asked.status).toBe(202)
  const { id } = asked.body.server

  expect(await Promise.race([sees(id, 'launched'), sees(id, 'failed')])).toEqual(['created', 'scheduled', 'launched'])
  const activeMs = performance.now() - began
  const { server } = (await admin.get(`/v2.1/servers/${id}`)).body
  expect(server).toMatchObject({ status: 'ACTIVE', 'OS-EXT-SRV-ATTR:instance_name': expect.stringMatching(/^instance-[0-9a-f]{8}$/) })
  const name = server['OS-EXT-SRV-ATTR:instance_name']
  expect(await virsh('list', '--all')).toMatch(new RegExp(` ${name} +running\\n`))

  const readConsole = () => demo.post(`/v2.1/servers/${id}/action`, { 'os-getConsoleOutput': {} })
  await vi.waitFor(async () => expect((await readConsole()).body.output.trimEnd()).toMatch(/login:$/), waiting)
  const loginMs = performance.now() - began
  console.log((await readConsole()).body.output.trimEnd().split('\n').slice(-4).join('\n'))
  console.log(
    `answered in ${answeredMs.toFixed(1)} ms, ACTIVE after ${activeMs.toFixed(0)} ms, login prompt after ${loginMs.toFixed(0)} ms`,
  )
  console.log(traceTable(await trace(String(asked.headers['x-openstack-request-id']))))

  expect((await demo.delete(`/v2.1/servers/${id}`)).status).toBe(204)
  expect((await sees(id, 'deleted')).at(-1)).toBe('deleted')
  expect((await demo.get(`/v2.1/servers/${id}`)).status).toBe(404)
  expect(await virsh('list', '--all')).not.toContain(name)
  expect(await readdir(instancesDir)).toEqual(['_base', 'compute_nodes', 'locks'])
})

/** Domains whose files are this story's. */
async function ours(): Promise<readonly string[]> {
  const uuids = (await readdir(instancesDir)).filter(name => name.length === 36)
  const known = (await virsh('list', '--all', '--uuid')).split('\n')
  return uuids.filter(uuid => known.includes(uuid))
}
