import { open, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fromTree } from './libraries.ts'
import { run } from './run.ts'

/**
 * A disk that a PC's firmware boots: GRUB in the gap before the first partition, one ext4 partition to the end. Put together from its
 * parts, without mounting anything, so that it needs no privileges and no loop device.
 */
export interface BootDisk {
  /** The unpacked packages, for the tools. */
  readonly tree: string
  /** The folder that becomes the root file system. */
  readonly root: string
  readonly sizeMb: number
  readonly label: string
  readonly commandLine: string
  readonly scratch: string
}

const sector = 512
const partitionStart = 2048

export async function writeBootDisk(disk: BootDisk, path: string): Promise<void> {
  const sectors = (disk.sizeMb * 1024 * 1024) / sector
  const gap = await grubGap(disk)
  if (gap.length > partitionStart * sector) throw new Error(`the boot loader has ${gap.length} bytes; the gap is too small`)
  const partition = await fileSystem(disk, sectors - partitionStart)
  const file = await open(path, 'w')
  try {
    await file.truncate(sectors * sector)
    await file.write(partitioned(gap, sectors - partitionStart), 0, gap.length, 0)
    await file.write(partition, 0, partition.length, partitionStart * sector)
  } finally {
    await file.close()
  }
}

/** GRUB's first sector and its core, the menu built in: there is nothing to choose, so nothing is asked and nothing waits. */
async function grubGap({ tree, scratch, label, commandLine }: BootDisk): Promise<Buffer> {
  const config = join(scratch, 'grub.cfg')
  const core = join(scratch, 'core.img')
  await writeFile(
    config,
    [`search --no-floppy --set=root --label ${label}`, `linux /boot/vmlinuz ${commandLine}`, 'initrd /boot/initrd', 'boot', ''].join('\n'),
  )
  const folder = join(tree, 'usr/lib/grub/i386-pc')
  const modules = ['biosdisk', 'part_msdos', 'ext2', 'search', 'search_label', 'linux', 'boot', 'normal']
  const { program, args } = fromTree(tree, 'usr/bin/grub-mkimage')
  await run(program, [...args, '-d', folder, '-O', 'i386-pc', '-p', '(hd0,msdos1)/boot/grub', '-c', config, '-o', core, ...modules])
  return Buffer.concat([await readFile(join(folder, 'boot.img')), await readFile(core)])
}

async function fileSystem({ tree, root, label, scratch }: BootDisk, sectors: number): Promise<Buffer> {
  const path = join(scratch, 'root.ext4')
  await rm(path, { force: true })
  const { program, args } = fromTree(tree, 'sbin/mke2fs')
  // A fixed identity: two builds of the same parts differ as little as possible.
  const identity = [
    '-L',
    label,
    '-U',
    '6b696c6f-6e6f-4661-8775-657374726f6f',
    '-E',
    'hash_seed=6b696c6f-6e6f-4661-8775-657374726f6f,root_owner=0:0',
  ]
  const size = `${(sectors * sector) / 1024}k`
  await run(
    program,
    [
      ...args,
      '-q',
      '-F',
      '-t',
      'ext4',
      '-O',
      '^orphan_file,^metadata_csum_seed',
      '-m',
      '0',
      '-J',
      'size=4',
      ...identity,
      '-d',
      root,
      path,
      size,
    ],
    {
      env: { MKE2FS_CONFIG: join(tree, 'etc/mke2fs.conf') },
    },
  )
  return readFile(path)
}

/** The gap with a partition table of one active Linux partition in it. */
function partitioned(gap: Buffer, sectors: number): Buffer {
  const table = Buffer.from(gap)
  const at = 446
  table.fill(0, at, at + 64)
  table.writeUInt8(0x80, at)
  table.writeUInt8(0x83, at + 4)
  table.fill(0xff, at + 1, at + 4)
  table.fill(0xff, at + 5, at + 8)
  table.writeUInt32LE(partitionStart, at + 8)
  table.writeUInt32LE(sectors, at + 12)
  table.writeUInt16LE(0xaa55, 510)
  return table
}
