import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@kilonova/platform/clock.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { expect, onTestFinished, test } from 'vitest'
import { aGuest } from '../../guests/kit.ts'
import { domainsOver } from './domains.ts'
import { hostFiles } from './files.ts'
import { usualOptions } from './libvirt-options.ts'
import type { Run } from './run.ts'

/** Two hosts whose instance directories are one folder. */
async function twoHosts() {
  const root = await mkdtemp(join(tmpdir(), 'kilonova-shared-'))
  onTestFinished(() => rm(root, { recursive: true }))
  const run: Run = async (_, [verb = '', ...rest]) => {
    if (verb !== 'info') await writeFile(rest.at(-1) ?? '', verb)
    return '{}'
  }
  const domains = domainsOver(() => Promise.reject(new Error('no libvirt is asked about files')))
  const parts = { options: { ...usualOptions, instancesDir: root }, domains, run, clock: systemClock, log: silentLog, hostIp: '127.0.0.1' }
  const [one, other] = ['node1', 'node1-b'].map(host => hostFiles({ ...parts, host }))
  if (!one || !other) throw new Error('two hosts were made')
  onTestFinished(async () => {
    await one.close()
    await other.close()
  })
  return { root, one, other }
}

test('hosts that share a folder tell of their own guests’ files, and take away nothing that another is making', async () => {
  const { root, one, other } = await twoHosts()
  const [mine, theirs] = [aGuest(1), aGuest(2)]
  await one.ensureDisks(mine)
  await other.ensureDisks(theirs)
  expect([await one.listOwners(), await one.listHalves()]).toEqual([[mine.uuid], [mine.uuid]])
  expect([await other.listOwners(), await other.listHalves()]).toEqual([[theirs.uuid], [theirs.uuid]])

  await writeFile(join(root, '_base', 'their-base.part-node1-b-999999999-1'), '')
  await mkdir(join(root, 'snapshots'), { recursive: true })
  await writeFile(join(root, 'snapshots', `${theirs.uuid}-node1-b-999999999.qcow2`), '')
  await one.removeLeftovers()
  expect(await readdir(join(root, '_base'))).toContain('their-base.part-node1-b-999999999-1')
  expect(await readdir(join(root, 'snapshots'))).toHaveLength(1)
  await other.removeLeftovers()
  expect(await readdir(join(root, '_base'))).not.toContain('their-base.part-node1-b-999999999-1')
  expect(await readdir(join(root, 'snapshots'))).toEqual([])
})

test('a host that is told to destroy a guest which lives on with another leaves the disks that are that one’s now', async () => {
  const { root, one, other } = await twoHosts()
  const guest = aGuest(1)
  await one.ensureDisks(guest)
  await one.settleDisks(guest.uuid)
  await other.ensureDisks(guest)
  expect([await one.listOwners(), await other.listOwners()]).toEqual([[], [guest.uuid]])
  await one.removeDisks(guest.uuid)
  expect(await readdir(join(root, guest.uuid))).toContain('disk')
  await other.removeDisks(guest.uuid)
  expect(await readdir(root)).not.toContain(guest.uuid)
})

test('files of which no host says that they are its own are anybody’s', async () => {
  const { root, one, other } = await twoHosts()
  const { uuid } = aGuest(1)
  await mkdir(join(root, uuid))
  expect([await one.listOwners(), await other.listOwners()]).toEqual([[uuid], [uuid]])
  await other.removeDisks(uuid)
  expect(await readdir(root)).toEqual([])
})
