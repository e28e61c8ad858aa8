import { afterEach, beforeEach, expect, test } from 'vitest'
import { aServer, type Bench, bench, theImage } from '../../kit.ts'

let at: Bench
let ask: Bench['ask']
beforeEach(async () => {
  at = await bench()
  ask = at.ask
})
afterEach(() => at.close())

const specs = (flavor: string, extra_specs: object) =>
  ask(`POST /v2.1/flavors/${flavor}/os-extra_specs`, { as: 'admin', body: { extra_specs } })
const said = (answer: { status: number; body: { badRequest?: { message: string } } }) => [answer.status, answer.body.badRequest?.message]
const evenly =
  'Instance CPUs and/or memory cannot be evenly distributed across instance NUMA nodes. Explicit assignment of CPUs and memory to nodes is required'

test('a server whose flavor contradicts itself is a bad request, and no server in error', async () => {
  await specs('1', { 'hw:numa_nodes': '3' })
  const answer = await ask('POST /v2.1/servers', { as: 'member', body: { server: { name: 'vm1', imageRef: theImage.id, flavorRef: '1' } } })
  expect(said(answer)).toEqual([400, evenly])
  expect(at.labours).toEqual([])
})

test('nor is it resized to such a flavor, or rebuilt from an image that would lie elsewhere', async () => {
  const made = await ask('POST /v2.1/servers', { as: 'member', body: { server: { name: 'vm1', imageRef: theImage.id, flavorRef: '1' } } })
  const { id } = made.body.server
  const launchedAt = '2026-01-01T00:01:00.000Z'
  const active = {
    id,
    launchedAt,
    vmState: 'active',
    taskState: null,
    powerState: 'running',
    host: 'host1',
    node: 'host1',
    imageId: 'another',
  } as const
  await at.put(aServer(1, active))
  const asked = (body: object) => ask(`POST /v2.1/servers/${id}/action`, { as: 'member', body })
  await specs('2', { 'hw:numa_nodes': '3' })
  expect(said(await asked({ resize: { flavorRef: '2' } }))).toEqual([400, evenly])

  const numa = { image_hw_numa_nodes: '1' }
  await at.put(aServer(1, { ...active, systemMetadata: numa }))
  expect(said(await asked({ rebuild: { imageRef: theImage.id } }))).toEqual([
    400,
    "An instance's NUMA topology cannot be changed as part of a rebuild. The image provided is invalid for this instance.",
  ])
  expect(at.labours).toEqual([`boot ${id}`])
})
