import { join } from 'node:path'
import type { HostCell } from '../../contract/host.ts'
import { readIfThere } from './paths.ts'

/** Where the kernel counts large pages, by group of processors; and where it counts them on a machine that knows of no groups. */
const byGroup = '/sys/devices/system/node'
const ofMachine = '/sys/kernel/mm/hugepages'

/** The host's groups with as many large pages as there are now: operators set them aside, and guests take them, while libvirt runs. */
export function withPagesOfNow(cells: readonly HostCell[], root = '/'): Promise<readonly HostCell[]> {
  const count = async (cell: HostCell, page: HostCell['pages'][number]) => {
    const inGroup = join(root, byGroup, `node${cell.id}`, 'hugepages', `hugepages-${page.sizeKb}kB`)
    const folders = cells.length > 1 ? [inGroup] : [inGroup, join(root, ofMachine, `hugepages-${page.sizeKb}kB`)]
    for (const folder of folders) {
      const [total, free] = await Promise.all(['nr_hugepages', 'free_hugepages'].map(name => readIfThere(join(folder, name))))
      if (total !== undefined && free !== undefined) return { ...page, total: Number(total), free: Number(free) }
    }
    return page
  }
  return Promise.all(cells.map(async cell => ({ ...cell, pages: await Promise.all(cell.pages.map(page => count(cell, page))) })))
}
