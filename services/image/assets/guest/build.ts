import { createHash } from 'node:crypto'
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeBootDisk } from './boot-disk.ts'
import { indexModules, kernelVersion } from './kernel.ts'
import { lowMemoryCommandLine, startingLow } from './low-memory.ts'
import { type Package, packagesDigest, unpack, wantedPackages } from './packages.ts'
import { makeInitramfs, makeRoot } from './root.ts'
import { run } from './run.ts'

/**
 * The guest image of our own: a small Linux that behaves in a cloud as people expect of their first instance (user `cirros`, keys and
 * name from the metadata address, a disk that grows), made from Debian's packages in seconds. There is no other way to have one where
 * no image can be downloaded, and every test that boots something real boots this.
 */
export interface GuestBuild {
  /** Gets `guest.qcow2`. */
  readonly outDir: string
  /** Keeps fetched packages and finished images between builds. */
  readonly cacheDir: string
}

export interface BuiltGuest {
  readonly path: string
  readonly sizeBytes: number
  /** Names packages, versions and recipe: the same key, the same image. */
  readonly key: string
  readonly wasCached: boolean
}

const label = 'kilonova-root'
const sizeMb = 64

export async function buildGuestImage({ outDir, cacheDir }: GuestBuild): Promise<BuiltGuest> {
  const packages = await wantedPackages()
  const key = createHash('sha256')
    .update(packagesDigest(packages) + (await recipeDigest()))
    .digest('hex')
    .slice(0, 16)
  const cached = join(cacheDir, `guest-${key}.qcow2`)
  const wasCached = await exists(cached)
  if (!wasCached) await build(packages, cacheDir, cached)
  const path = join(outDir, 'guest.qcow2')
  await mkdir(outDir, { recursive: true })
  await cp(cached, `${path}.${process.pid}`)
  await rename(`${path}.${process.pid}`, path)
  return { path, sizeBytes: (await stat(path)).size, key, wasCached }
}

/** The timer is not counted against the processor: where that is emulated on a busy machine the count fails, and the kernel gives up. */
const commandLine = `console=tty1 console=ttyS0 no_timer_check ${lowMemoryCommandLine}`

async function build(packages: readonly Package[], cacheDir: string, to: string): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'kilonova-guest-'))
  try {
    const tree = join(scratch, 'tree')
    const root = join(scratch, 'root')
    await unpack(packages, join(cacheDir, 'packages'), tree)
    const version = await kernelVersion(tree)
    await indexModules(tree, version)
    await makeRoot(tree, root, version)
    await makeInitramfs(tree, join(scratch, 'initramfs'), version, join(scratch, 'initrd'))
    const raw = join(scratch, 'guest.raw')
    const kernel = join(scratch, 'vmlinuz')
    await writeFile(kernel, startingLow(await readFile(join(tree, `boot/vmlinuz-${version}`))))
    const boot = { kernel, initramfs: join(scratch, 'initrd'), commandLine }
    await writeBootDisk({ tree, root, boot, sizeMb, label, scratch }, raw)
    const image = `${to}.${process.pid}`
    await run('qemu-img', ['convert', '-c', '-f', 'raw', '-O', 'qcow2', raw, image])
    await rename(image, to)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

/** A digest of everything in this folder: another recipe, another image. */
async function recipeDigest(): Promise<string> {
  const folder = import.meta.dirname
  const digest = createHash('sha256')
  for (const path of (await readdir(folder, { recursive: true })).sort()) {
    const full = join(folder, path)
    if (path.endsWith('.test.ts') || path.endsWith('.md') || !(await stat(full)).isFile()) continue
    digest.update(`${path}\0`).update(await readFile(full))
  }
  return digest.digest('hex')
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )
