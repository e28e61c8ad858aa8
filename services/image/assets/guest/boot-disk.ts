import { open, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fromTree } from './libraries.ts'
import { run } from './run.ts'

/**
 * A disk that a PC's firmware boots, of either kind: a small FAT partition with SYSLINUX, a boot loader for UEFI, the kernel and the initramfs, and behind it one ext4
 * partition that may grow to the end of whatever disk it finds itself on. The growing one is number 1, so that the root is `vda1`
 * everywhere. Put together from its parts without mounting anything: no privileges, no loop device.
 *
 * SYSLINUX, because without the processor's help it has the kernel in memory four seconds before GRUB has.
 */
export interface BootDisk {
  /** The unpacked packages, for the tools. */
  readonly tree: string
  /** The folder that becomes the root file system. */
  readonly root: string
  readonly boot: { readonly kernel: string; readonly initramfs: string; readonly commandLine: string }
  readonly sizeMb: number
  readonly label: string
  readonly scratch: string
}

interface Partition {
  readonly start: number
  readonly sectors: number
  readonly type: number
  readonly active: boolean
}

const sector = 512
const mb = (1024 * 1024) / sector
const bootStart = 1 * mb
const bootSectors = 20 * mb
const rootStart = bootStart + bootSectors

export async function writeBootDisk(disk: BootDisk, path: string): Promise<void> {
  const sectors = disk.sizeMb * mb
  const boot = await bootFileSystem(disk)
  const root = await rootFileSystem(disk, sectors - rootStart)
  const table = partitionTable(await readFile(join(disk.tree, 'usr/lib/SYSLINUX/mbr.bin')), [
    { start: rootStart, sectors: sectors - rootStart, type: 0x83, active: false },
    { start: bootStart, sectors: bootSectors, type: 0x0e, active: true },
  ])
  const file = await open(path, 'w')
  try {
    await file.truncate(sectors * sector)
    await file.write(table, 0, table.length, 0)
    await file.write(boot, 0, boot.length, bootStart * sector)
    await file.write(root, 0, root.length, rootStart * sector)
  } finally {
    await file.close()
  }
}

/** A menu of one for either loader: nothing is asked and nothing waits. */
async function bootFileSystem({ tree, boot, scratch }: BootDisk): Promise<Buffer> {
  const path = join(scratch, 'boot.fat')
  const config = join(scratch, 'syslinux.cfg')
  await rm(path, { force: true })
  await writeFile(path, '')
  await truncate(path, bootSectors * sector)
  await writeFile(config, `DEFAULT linux\nPROMPT 0\nLABEL linux\n KERNEL vmlinuz\n INITRD initrd\n APPEND ${boot.commandLine}\n`)
  const tools = { PATH: `${join(tree, 'usr/bin')}:${process.env['PATH'] ?? ''}`, MTOOLS_SKIP_CHECK: '1' }
  const format = fromTree(tree, 'sbin/mkfs.fat')
  // -i: a fixed serial number; -h: where the partition begins, which its boot sector must know.
  await run(format.program, [...format.args, '-F', '16', '-n', 'BOOT', '-i', '6b696c6f', '-h', `${bootStart}`, path])
  const files = { vmlinuz: boot.kernel, initrd: boot.initramfs, 'syslinux.cfg': config, 'ldlinux.c32': module(tree, 'ldlinux.c32') }
  for (const [name, from] of Object.entries(files)) await run('mcopy', ['-i', path, from, `::${name}`], { env: tools })
  for (const folder of ['EFI', 'EFI/BOOT', 'loader', 'loader/entries']) await run('mmd', ['-i', path, `::${folder}`], { env: tools })
  const ofUefi = {
    'EFI/BOOT/BOOTX64.EFI': join(tree, 'usr/lib/systemd/boot/efi/systemd-bootx64.efi'),
    'loader/loader.conf': await written(scratch, 'loader.conf', 'timeout 0\n'),
    'loader/entries/linux.conf': await written(
      scratch,
      'linux.conf',
      `title linux\nlinux /vmlinuz\ninitrd /initrd\noptions ${boot.commandLine}\n`,
    ),
  }
  for (const [name, from] of Object.entries(ofUefi)) await run('mcopy', ['-i', path, from, `::${name}`], { env: tools })
  await run('syslinux', ['--install', path], { env: tools })
  return readFile(path)
}

async function written(folder: string, name: string, text: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, text)
  return path
}

const module = (tree: string, name: string): string => join(tree, 'usr/lib/syslinux/modules/bios', name)

async function rootFileSystem({ tree, root, label, scratch }: BootDisk, sectors: number): Promise<Buffer> {
  const path = join(scratch, 'root.ext4')
  await rm(path, { force: true })
  const { program, args } = fromTree(tree, 'sbin/mke2fs')
  // A fixed identity: two builds of the same parts differ as little as possible.
  const uuid = '6b696c6f-6e6f-4661-8775-657374726f6f'
  const identity = ['-L', label, '-U', uuid, '-E', `hash_seed=${uuid},root_owner=0:0`]
  const shape = ['-t', 'ext4', '-O', '^orphan_file,^metadata_csum_seed', '-b', '4096', '-m', '0', '-J', 'size=4']
  await run(program, [...args, '-q', '-F', ...shape, ...identity, '-d', root, path, `${(sectors * sector) / 4096}`], {
    env: { MKE2FS_CONFIG: join(tree, 'etc/mke2fs.conf') },
  })
  return readFile(path)
}

/** The first sector: the code that starts the active partition, and the table, whose order need not be that of the disk. */
function partitionTable(code: Buffer, partitions: readonly Partition[]): Buffer {
  const first = Buffer.alloc(sector)
  code.copy(first, 0, 0, Math.min(code.length, 440))
  first.writeUInt32LE(0x6b696c6f, 440)
  partitions.forEach((partition, index) => {
    const at = 446 + index * 16
    first.writeUInt8(partition.active ? 0x80 : 0, at)
    // Cylinders, heads and sectors at their end stops say: use the numbers behind.
    first.fill(0xff, at + 1, at + 8)
    first.writeUInt8(partition.type, at + 4)
    first.writeUInt32LE(partition.start, at + 8)
    first.writeUInt32LE(partition.sectors, at + 12)
  })
  first.writeUInt16LE(0xaa55, 510)
  return first
}
