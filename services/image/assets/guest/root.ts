import { chmod, chown, cp, lstat, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { cpioOf } from './archive.ts'
import { bootModules, copyModules, guestModules } from './kernel.ts'
import { copyWithLibraries } from './libraries.ts'
import { run } from './run.ts'

const here = import.meta.dirname

/** Programs of Debian beside busybox, where busybox has none or too little of one. */
const programs = [
  ...['usr/sbin/dropbear', 'usr/bin/dropbearkey', 'usr/bin/dbclient', 'usr/bin/sudo', 'usr/libexec/sudo/sudoers.so'],
  ...['lib/x86_64-linux-gnu/security/pam_permit.so', 'sbin/resize2fs', 'sbin/mke2fs', 'sbin/e2fsck', 'bin/lsblk', 'sbin/blkid'],
]
const links = {
  ...{ 'sbin/mkfs.ext2': 'mke2fs', 'sbin/mkfs.ext3': 'mke2fs', 'sbin/mkfs.ext4': 'mke2fs', 'usr/bin/ssh': 'dbclient' },
  // Programs that renew a guest's lease look here for its client.
  'var/run': '../run',
}
/** Busybox gives root's rights up at once in all but those of its programs that need them: ping, su, passwd. */
const modes = { 'etc/sudoers': 0o440, 'etc/shadow': 0o640, 'usr/bin/sudo': 0o4755, 'bin/busybox': 0o4755, tmp: 0o1777, root: 0o700 }
const folders = ['dev', 'proc', 'sys', 'run', 'tmp', 'root', 'mnt', 'boot', 'etc/dropbear', 'var/lib/cloud', 'var/log', 'home/cirros']

/** Fills `root` with the guest's root file system, from the unpacked packages and the overlay beside this file. */
export async function makeRoot(tree: string, root: string, version: string): Promise<void> {
  for (const folder of folders) await mkdir(join(root, folder), { recursive: true })
  await copyWithLibraries(tree, root, programs)
  for (const [path, target] of Object.entries(links)) await symlink(target, join(root, path))
  await cp(join(here, 'overlay'), root, { recursive: true })
  await installBusybox(tree, root)
  await cp(join(tree, 'etc/mke2fs.conf'), join(root, 'etc/mke2fs.conf'))
  await copyModules(tree, root, version, guestModules)
  for (const [path, mode] of Object.entries(modes)) await chmod(join(root, path), mode)
  await chown(join(root, 'home/cirros'), 1000, 1000)
}

/** The little system in memory that finds the disk and hands over. */
export async function makeInitramfs(tree: string, folder: string, version: string, to: string): Promise<void> {
  await mkdir(join(folder, 'bin'), { recursive: true })
  await cp(join(tree, 'bin/busybox'), join(folder, 'bin/busybox'))
  await cp(join(here, 'initramfs/init'), join(folder, 'init'))
  await copyModules(tree, folder, version, bootModules)
  await packAway(tree, folder, `lib/modules/${version}/kernel/drivers`, ['scsi', 'ata'])
  const plain = `${to}.plain`
  await writeFile(plain, gzipSync(await cpioOf(folder), { level: 9 }))
  await rename(plain, to)
}

/** Drivers of disks that are not virtio take 2 MB of memory; they stay packed until no virtio disk is found. */
async function packAway(tree: string, folder: string, parent: string, names: readonly string[]): Promise<void> {
  const paths = names.map(name => join(parent, name))
  await run(join(tree, 'bin/busybox'), ['tar', '-czf', join(folder, 'other-disks.tar.gz'), '-C', folder, ...paths])
  for (const path of paths) await rm(join(folder, path), { recursive: true })
}

/** Busybox answers to every name that no other program of the guest has. */
async function installBusybox(tree: string, root: string): Promise<void> {
  await mkdir(join(root, 'bin'), { recursive: true })
  await cp(join(tree, 'bin/busybox'), join(root, 'bin/busybox'))
  const names = (await run(join(tree, 'bin/busybox'), ['--list-full'])).split('\n').filter(Boolean)
  for (const name of names) {
    if (await taken(root, name)) continue
    await mkdir(dirname(join(root, name)), { recursive: true })
    await symlink('/bin/busybox', join(root, name))
  }
  await symlink('/bin/busybox', join(root, 'sbin/init')).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
}

async function taken(root: string, name: string): Promise<boolean> {
  const base = name.slice(name.lastIndexOf('/') + 1)
  const places = ['bin', 'sbin', 'usr/bin', 'usr/sbin'].map(folder => join(root, folder, base))
  const found = await Promise.all(
    places.map(place =>
      lstat(place).then(
        () => true,
        () => false,
      ),
    ),
  )
  return found.includes(true)
}
