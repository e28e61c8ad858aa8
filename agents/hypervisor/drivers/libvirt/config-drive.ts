import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Guest } from '../../contract/guest.ts'
import type { Run } from './run.ts'

export type DriveFormat = 'iso9660' | 'vfat'

/** Guests recognise the drive by its label. */
const label = 'config-2'
const vfatKb = 64 * 1024

/** Writes a drive with these files, by path, to `target`. */
export async function writeConfigDrive(
  target: string,
  files: NonNullable<Guest['configDrive']>,
  format: DriveFormat,
  run: Run,
): Promise<void> {
  const folder = await mkdtemp(join(dirname(target), 'config-'))
  try {
    for (const [path, content] of Object.entries(files)) {
      if (path.startsWith('/') || path.split('/').includes('..'))
        throw new Refusal('invalid', `${path} is not a file of a configuration drive.`)
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), typeof content === 'string' ? content : Buffer.from(content.base64, 'base64'))
    }
    await makers[format](target, folder, run)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const makers: Readonly<Record<DriveFormat, (target: string, folder: string, run: Run) => Promise<void>>> = {
  async iso9660(target, folder, run) {
    const names = ['-ldots', '-allow-lowercase', '-allow-multidot', '-l', '-r', '-J']
    await run('genisoimage', ['-quiet', '-o', target, ...names, '-V', label, folder])
  },
  async vfat(target, folder, run) {
    await run('mkfs.vfat', ['-n', label, '-C', target, `${vfatKb}`])
    await run('mcopy', ['-o', '-s', '-i', target, ...(await entriesOf(folder)), '::/'])
  },
}

async function entriesOf(folder: string): Promise<string[]> {
  return (await readdir(folder)).map(name => join(folder, name))
}
