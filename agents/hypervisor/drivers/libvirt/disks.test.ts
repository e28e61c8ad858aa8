import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { aGuest } from '../../guests/kit.ts'
import { instanceDisks } from './disks.ts'
import type { Run } from './run.ts'

const base = '7312bbe40cc8bc765d86d2dbd58d0a57a83ee215'

/** Stands in for qemu-img: writes what it is asked to write, and keeps what it was asked. */
async function aRoot({ info = '{}', fails }: { info?: string; fails?: string } = {}) {
  const root = await mkdtemp(join(tmpdir(), 'kilonova-disks-'))
  onTestFinished(() => rm(root, { recursive: true }))
  const asked: string[] = []
  const run: Run = async (_program, args) => {
    const [verb = ''] = args
    asked.push(verb)
    if (verb === fails) throw new Error(`${verb} failed`)
    if (verb === 'info') return info
    await writeFile((verb === 'create' ? args.at(-2) : args.at(-1)) ?? '', verb)
    return ''
  }
  return { root, asked, disks: instanceDisks({ root, run }) }
}

test('a guest gets the files that operators look for', async () => {
  const { root, disks } = await aRoot()
  const { uuid } = aGuest(1)
  expect(await disks.ensure(aGuest(1))).toBe('made')
  expect((await readdir(join(root, uuid))).sort()).toEqual(['disk', 'disk.info'])
  expect(await readFile(join(root, uuid, 'disk.info'), 'utf8')).toBe(`{"${root}/${uuid}/disk": "qcow2"}`)
  expect(await readdir(join(root, '_base'))).toEqual([base])
})

test('guests of one image share one conversion, made at the same time or later', async () => {
  const { asked, disks } = await aRoot()
  await Promise.all([disks.ensure(aGuest(1)), disks.ensure(aGuest(2))])
  await disks.ensure(aGuest(3))
  expect(asked.filter(verb => verb === 'convert')).toHaveLength(1)
  expect(asked.filter(verb => verb === 'create')).toHaveLength(3)
})

test.each(['convert', 'create'])('a %s that fails leaves no directory and no half base', async fails => {
  const { root, disks } = await aRoot({ fails })
  await expect(disks.ensure(aGuest(1))).rejects.toThrow(`${fails} failed`)
  expect(await readdir(root)).toEqual(['_base'])
  expect(await readdir(join(root, '_base'))).toEqual(fails === 'convert' ? [] : [base])
})

test('an image that names a file of the host is refused', async () => {
  const { disks } = await aRoot({ info: '{"backing-filename": "/etc/shadow"}' })
  await expect(disks.ensure(aGuest(1))).rejects.toMatchObject({ kind: 'invalid' })
})

test('no id leads out of the instances folder', async () => {
  const { disks } = await aRoot()
  await expect(async () => disks.remove('../../etc')).rejects.toMatchObject({ kind: 'invalid' })
})

test('the console is the end of what was written, across the file that was moved aside', async () => {
  const { root, disks } = await aRoot()
  const { uuid } = aGuest(1)
  await disks.ensure(aGuest(1))
  expect(await disks.console(uuid, 10)).toBe('')
  await writeFile(join(root, uuid, 'console.log.0'), 'older words ')
  await writeFile(join(root, uuid, 'console.log'), 'newer')
  expect(await disks.console(uuid, 11)).toBe('words newer')
  expect(await disks.console(uuid, 3)).toBe('wer')
})
