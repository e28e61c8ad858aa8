import { lstat, readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'

/** A folder as a `newc` cpio archive, which the kernel unpacks into memory. Everything belongs to root; times are left out. */
export async function cpioOf(folder: string): Promise<Buffer> {
  const parts: Buffer[] = []
  let inode = 1
  for (const path of (await readdir(folder, { recursive: true })).sort()) {
    const full = join(folder, path)
    const facts = await lstat(full)
    const body = facts.isSymbolicLink() ? Buffer.from(await readlink(full)) : facts.isFile() ? await readFile(full) : Buffer.alloc(0)
    parts.push(...entry(path, inode++, facts.mode, body))
  }
  parts.push(...entry('TRAILER!!!', 0, 0, Buffer.alloc(0)))
  return Buffer.concat(parts)
}

function entry(path: string, inode: number, mode: number, body: Buffer): Buffer[] {
  const name = Buffer.from(`${path}\0`)
  // ino, mode, uid, gid, nlink, mtime, filesize, devmajor, devminor, rdevmajor, rdevminor, namesize, check
  const numbers = [inode, mode, 0, 0, 1, 0, body.length, 0, 0, 0, 0, name.length, 0]
  const head = Buffer.from(`070701${numbers.map(each => each.toString(16).padStart(8, '0')).join('')}`)
  return [head, name, padding(head.length + name.length), body, padding(body.length)]
}

const padding = (length: number): Buffer => Buffer.alloc(-length & 3)
