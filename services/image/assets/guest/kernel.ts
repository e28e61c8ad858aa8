import { cp, mkdir, readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { run } from './run.ts'

/** What must be there before the root file system is: the disk's own drivers, whichever way the disk is attached. */
export const bootModules = ['virtio_pci', 'virtio_blk', 'virtio_scsi', 'sd_mod', 'ata_piix', 'ahci']

/** What the running guest may need: hot-plugged devices, the power button, a configuration drive, VLANs. */
export const guestModules = [
  ...bootModules,
  ...['virtio_net', 'virtio_balloon', 'virtio-rng', 'virtio_console', 'button', 'evdev', 'e1000', '8139cp'],
  ...['isofs', 'sr_mod', 'vfat', 'nls_cp437', 'nls_ascii', 'nls_iso8859-1', 'nls_utf8', '8021q', 'dummy', 'tun', 'loop'],
]

export async function kernelVersion(tree: string): Promise<string> {
  const [version] = await readdir(join(tree, 'lib/modules'))
  if (!version) throw new Error('the kernel package brings no modules')
  return version
}

/** Indexes the modules of an unpacked kernel, so that they can be chosen from. */
export const indexModules = (tree: string, version: string): Promise<string> =>
  run(join(tree, 'bin/busybox'), ['depmod', '-b', tree, version])

/** Copies the named modules and all they need, and indexes the copy. Modules a kernel does not have are left out. */
export async function copyModules(from: string, to: string, version: string, names: readonly string[]): Promise<void> {
  const folder = `lib/modules/${version}`
  const needs = new Map(
    (await readFile(join(from, folder, 'modules.dep'), 'utf8'))
      .split('\n')
      .flatMap(line => (line.includes(':') ? [line.split(':') as [string, string]] : []))
      .map(([path, list]) => [path, list.split(' ').filter(Boolean)]),
  )
  const wanted = new Set<string>()
  for (const [path, list] of needs) if (names.some(name => isModule(path, name))) for (const each of [path, ...list]) wanted.add(each)
  for (const path of wanted) {
    await mkdir(dirname(join(to, folder, path)), { recursive: true })
    await cp(join(from, folder, path), join(to, folder, path))
  }
  for (const list of ['modules.order', 'modules.builtin']) await cp(join(from, folder, list), join(to, folder, list))
  await run(join(from, 'bin/busybox'), ['depmod', '-b', to, version])
}

const isModule = (path: string, name: string): boolean => path.endsWith(`/${name}.ko`) || path.endsWith(`/${name.replaceAll('_', '-')}.ko`)
