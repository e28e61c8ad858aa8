import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const execute = promisify(execFile)
const deadlineMs = 900_000

export interface MadeGuest {
  /** The same for the same bytes: hosts keep copies of images by their ids. */
  readonly imageId: string
  readonly sizeBytes: number
  open(): AsyncIterable<Uint8Array>
}

/** Which image was registered as the guest image, for good or to be finished. */
export interface GuestNote {
  readonly imageId: string
  readonly isDone: boolean
}

export type GuestMaker = ReturnType<typeof guestMaker>

/** Makes the guest image in a process of its own, so that whoever serves goes on serving, and remembers that it did. */
export function guestMaker({ dir, cacheDir, program = makeProgram }: { dir: string; cacheDir: string; program?: string | undefined }) {
  const noteFile = join(dir, 'guest-image.json')
  const work = join(dir, 'guest')
  return {
    recall: async (): Promise<GuestNote | undefined> => {
      const text = await readFile(noteFile, 'utf8').catch(() => undefined)
      return text === undefined ? undefined : JSON.parse(text)
    },

    async note(note: GuestNote): Promise<void> {
      await mkdir(dir, { recursive: true, mode: 0o750 })
      await writeFile(`${noteFile}.new`, `${JSON.stringify(note)}\n`)
      await rename(`${noteFile}.new`, noteFile)
    },

    async make(signal: AbortSignal): Promise<MadeGuest> {
      await rm(work, { recursive: true, force: true })
      const scratch = join(work, 'scratch')
      await mkdir(scratch, { recursive: true, mode: 0o750 })
      const env = { ...process.env, TMPDIR: scratch }
      await execute(process.execPath, [program, work, cacheDir], { env, signal, timeout: deadlineMs }).catch(refuse)
      const path = join(work, 'guest.qcow2')
      const hex = createHash('sha256')
        .update(await readFile(path))
        .digest('hex')
      return {
        imageId: [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-'),
        sizeBytes: (await stat(path)).size,
        open: () => createReadStream(path),
      }
    },

    cleanUp: () => rm(work, { recursive: true, force: true }),
  }
}

const makeProgram = fileURLToPath(new URL('../assets/guest/make.ts', import.meta.url))

/** The one line that says why, among what the programs below printed. */
function refuse(error: Error & { stderr?: string }): never {
  const lines = (error.stderr ?? '').split('\n').filter(line => /^(E:|Error:|\w*Error:|.*: (command )?not found)|ENOENT/.test(line.trim()))
  const first = lines.find(line => line.startsWith('E:')) ?? lines[0]
  throw new Error((first ?? error.message.split('\n')[0] ?? 'it ended without a word').trim(), { cause: error })
}
