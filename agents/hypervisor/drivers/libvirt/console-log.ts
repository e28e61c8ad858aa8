import { open } from 'node:fs/promises'

/** The end of the console. virtlogd moves a full file aside and begins a new one; the older one is read when the new one is short. */
export async function tailOf(path: string, maxBytes: number): Promise<string> {
  const newest = await readTail(path, maxBytes)
  const older = newest.length < maxBytes ? await readTail(`${path}.0`, maxBytes - newest.length) : Buffer.alloc(0)
  return Buffer.concat([older, newest]).toString('utf8')
}

async function readTail(path: string, maxBytes: number): Promise<Buffer> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (!file) return Buffer.alloc(0)
  try {
    const { size } = await file.stat()
    const bytes = Buffer.alloc(Math.min(size, maxBytes))
    const { bytesRead } = await file.read(bytes, 0, bytes.length, size - bytes.length)
    return bytes.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}
