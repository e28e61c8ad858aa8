import { createHash } from 'node:crypto'
import { mkdir, readdir, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from './run.ts'

/**
 * What the guest is made of: the packages of the Debian the builder runs on, fetched and checked by apt and only unpacked, never
 * installed. Nothing of the builder's own root gets into the image, so its contents depend on the list and the versions alone.
 */
const guest = ['busybox-static', 'dropbear-bin', 'sudo', 'e2fsprogs', 'util-linux']
const guestLibraries = [
  ...['libc6', 'libcrypt1', 'zlib1g', 'libtomcrypt1', 'libtommath1', 'libgmp10'],
  ...['libaudit1', 'libcap-ng0', 'libpam0g', 'libpam-modules', 'libselinux1', 'libpcre2-8-0'],
  ...['libext2fs2', 'libcom-err2', 'libss2', 'libblkid1', 'libuuid1', 'libmount1', 'libsmartcols1', 'libudev1', 'libtinfo6'],
]
/** Needed to build, not in the guest. */
const tools = ['syslinux', 'syslinux-common', 'systemd-boot-efi', 'mtools', 'dosfstools']
const kernelOf = 'linux-image-cloud-amd64'

export interface Package {
  readonly name: string
  /** `name_version_arch.deb`, as apt writes it. */
  readonly file: string
}

/** The packages at the versions apt would fetch now. */
export async function wantedPackages(): Promise<readonly Package[]> {
  const kernel = await kernelPackage()
  const uris = await run('apt-get', ['--print-uris', '-qq', 'download', kernel, ...guest, ...guestLibraries, ...tools])
  // One line each: 'http://host/path/name_version.deb' name_version_arch.deb size SHA512:...
  const packages = [...uris.matchAll(/^'[^']+' (([^_ ]+)_\S+\.deb) /gm)].map(([, file = '', name = '']) => ({ name, file }))
  if (!packages.some(each => each.name === kernel)) throw new Error(`apt does not offer ${kernel}; run apt-get update`)
  return packages
}

/** Fetches what is missing into `into` and unpacks everything into the folder `root`. */
export async function unpack(packages: readonly Package[], into: string, root: string): Promise<void> {
  await mkdir(into, { recursive: true })
  await mkdir(root, { recursive: true })
  const have = new Set(await readdir(into))
  const missing = packages.filter(each => !have.has(each.file)).map(each => each.name)
  if (missing.length > 0) await fetch(missing, into)
  for (const each of packages) await run('dpkg-deb', ['-x', join(into, each.file), root])
}

/** A digest of the list: other versions, another image. */
export const packagesDigest = (packages: readonly Package[]): string =>
  createHash('sha256')
    .update(
      packages
        .map(each => each.file)
        .sort()
        .join('\n'),
    )
    .digest('hex')

/** apt writes where it stands; an interrupted fetch must not leave half a package under its final name. */
async function fetch(names: readonly string[], into: string): Promise<void> {
  const staging = join(into, `partial-${process.pid}`)
  await mkdir(staging, { recursive: true })
  await run('apt-get', ['-qq', 'download', ...names], { cwd: staging, deadlineMs: 600_000 })
  for (const file of await readdir(staging)) {
    if ((await stat(join(staging, file))).isFile()) await rename(join(staging, file), join(into, file))
  }
  await run('rmdir', [staging])
}

async function kernelPackage(): Promise<string> {
  const depends = await run('apt-cache', ['depends', kernelOf])
  const name = /Depends: (linux-image-\S+)/.exec(depends)?.[1]
  if (!name) throw new Error(`${kernelOf} names no kernel; run apt-get update`)
  return name
}
