import { open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { GuestImage } from '@kilonova/hypervisor/contract/guest.ts'

/** Images as files named by their ids, the layout of the image service's file store. */
export const imageFiles = (dir: string) => ({
  async find(id: string): Promise<GuestImage | undefined> {
    if (!/^[0-9a-f-]{32,36}$/.test(id)) return undefined
    const path = join(dir, id)
    const found = await stat(path).catch(() => undefined)
    if (!found?.isFile()) return undefined
    return { id, format: await formatOf(path), source: { from: 'file', path }, sizeBytes: found.size }
  },
})

/** A qcow2 file says so in its first four bytes; everything else is taken as it is. */
async function formatOf(path: string): Promise<'raw' | 'qcow2'> {
  const file = await open(path)
  try {
    const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0)
    return buffer.toString('latin1') === 'QFI\xfb' ? 'qcow2' : 'raw'
  } finally {
    await file.close()
  }
}
