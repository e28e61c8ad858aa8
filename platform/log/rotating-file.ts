import { closeSync, fstatSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * A file that is only appended to and renamed when it is full (`nova-api.log` to `nova-api.log.1`, and so on), so that a disk never
 * fills. Lines are gathered for one turn of the event loop and written together; `flush` writes what is gathered now.
 */
export interface RotatingFile {
  write(line: string): void
  flush(): void
  close(): void
}

export function openRotatingFile(file: string, { maxBytes, keep }: { maxBytes: number; keep: number }): RotatingFile {
  mkdirSync(dirname(file), { recursive: true, mode: 0o750 })
  let fd = openSync(file, 'a', 0o640)
  let size = fstatSync(fd).size
  let waiting: string[] = []
  let scheduled = false

  const turnOver = () => {
    closeSync(fd)
    rmSync(`${file}.${keep}`, { force: true })
    for (let age = keep - 1; age >= 0; age--) moveIfThere(age === 0 ? file : `${file}.${age}`, `${file}.${age + 1}`)
    if (keep === 0) rmSync(file, { force: true })
    fd = openSync(file, 'a', 0o640)
    size = 0
  }
  const flush = () => {
    scheduled = false
    if (waiting.length === 0) return
    const text = Buffer.from(waiting.join(''))
    waiting = []
    if (size > 0 && size + text.length > maxBytes) turnOver()
    writeAll(fd, text)
    size += text.length
  }
  const atExit = () => flush()
  process.on('exit', atExit)

  return {
    write(line) {
      waiting.push(line)
      if (scheduled) return
      scheduled = true
      setImmediate(flush)
    },
    flush,
    close() {
      flush()
      process.off('exit', atExit)
      closeSync(fd)
    },
  }
}

/** A full disk must not stop the cloud: what cannot be written is lost, and the next line tries again. */
function writeAll(fd: number, text: Buffer) {
  try {
    for (let at = 0; at < text.length; ) at += writeSync(fd, text, at)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code !== 'ENOSPC' && code !== 'EDQUOT' && code !== 'EAGAIN') throw error
  }
}

function moveIfThere(from: string, to: string) {
  try {
    renameSync(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
