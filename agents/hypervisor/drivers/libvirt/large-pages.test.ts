import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { withPagesOfNow } from './large-pages.ts'

test('large pages are counted anew, where the kernel counts them; small ones stay as libvirt says', async () => {
  const root = await mkdtemp(join(tmpdir(), 'kilonova-pages-'))
  onTestFinished(() => rm(root, { recursive: true }))
  const counted = async (folder: string, total: number, free: number) => {
    await mkdir(join(root, folder), { recursive: true })
    await writeFile(join(root, folder, 'nr_hugepages'), `${total}\n`)
    await writeFile(join(root, folder, 'free_hugepages'), `${free}\n`)
  }
  const pages = [4, 2048].map(sizeKb => ({ sizeKb, total: 9, free: 9 }))
  const cell = { id: 0, cpus: [0], siblings: [[0]], memoryMb: 1024, pages }
  const [small] = pages
  await counted('sys/kernel/mm/hugepages/hugepages-2048kB', 64, 16)
  expect(await withPagesOfNow([cell], root)).toEqual([{ ...cell, pages: [small, { sizeKb: 2048, total: 64, free: 16 }] }])
  await counted('sys/devices/system/node/node0/hugepages/hugepages-2048kB', 32, 8)
  expect(await withPagesOfNow([cell], root)).toEqual([{ ...cell, pages: [small, { sizeKb: 2048, total: 32, free: 8 }] }])
})
