import { execFile } from 'node:child_process'
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** What tests have guests run, beside Node itself. */
const programs = ['busybox', 'ip', 'sysctl', 'arping', 'dnsmasq', 'radvd', 'true']

/** Read by the guest's own first start: it enters the disk as if it were its root, and the guest's program speaks on the second serial line. */
const userData = `#!/bin/sh
killall udhcpc dropbear
mount -o ro /dev/vdb /mnt
for each in proc sys dev; do mount --bind /$each /mnt/$each; done
for each in run tmp; do mount -t tmpfs tmpfs /mnt/$each; done
stty -F /dev/ttyS1 115200 raw -echo
exec chroot /mnt /bin/node /peer.mjs </dev/ttyS1 >/dev/ttyS1
`

/**
 * A disk for guests that are machines: it tells them what to start with, as a configuration drive does, and holds the programs of this host that
 * tests run in guests, with what they are linked to. Nobody writes on it, so all machines share one.
 */
export async function machineDisk(folder: string): Promise<string> {
  const [tree, disk] = [join(folder, 'machine'), join(folder, 'machine.disk')]
  for (const each of ['proc', 'sys', 'dev', 'run', 'tmp', 'bin', 'etc', 'openstack/latest'])
    await mkdir(join(tree, each), { recursive: true })
  await copyWithLibraries(process.execPath, join(tree, 'bin/node'), tree)
  for (const program of programs)
    await copyWithLibraries((await execute('which', [program])).stdout.trim(), join(tree, 'bin', program), tree)
  await writeFile(join(tree, 'etc/passwd'), 'root:x:0:0:root:/:/bin/sh\n')
  await writeFile(join(tree, 'etc/group'), 'root:x:0:\n')
  await writeFile(join(tree, 'openstack/latest/meta_data.json'), JSON.stringify({ uuid: 'machine', hostname: 'machine' }))
  await writeFile(join(tree, 'openstack/latest/user_data'), userData)
  const peer = await readFile(join(import.meta.dirname, 'peer.ts'), 'utf8')
  await writeFile(join(tree, 'peer.mjs'), stripTypeScriptTypes(peer))
  await execute('mke2fs', ['-q', '-t', 'ext4', '-O', '^has_journal', '-L', 'config-2', '-d', tree, disk, '224M'])
  return disk
}

/** What is linked to nothing has no list. */
async function copyWithLibraries(program: string, to: string, tree: string): Promise<void> {
  await cp(program, to, { dereference: true })
  const list = await execute('ldd', [program]).catch(() => ({ stdout: '' }))
  for (const [path] of list.stdout.matchAll(/\/\S+/g)) {
    await mkdir(dirname(join(tree, path)), { recursive: true })
    await cp(path, join(tree, path), { dereference: true })
  }
}
