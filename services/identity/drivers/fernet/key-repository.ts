import {
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { type FernetKey, parseFernetKey } from './fernet.ts'

/**
 * A folder of Fernet keys, shared with Keystone file for file: each named by a number, the highest seals (primary), all open, and 0 is
 * the staged one that the next rotation makes primary, so that every node knows a key before anything is sealed with it.
 */
export interface KeyRepository {
  readonly folder: string
  /** Staged, primary and secondary together; Keystone's `max_active_keys`, at least 1. */
  readonly maxActiveKeys: number
  /** Whose the files are to be, when we run as root. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined
}

/** Makes the folder, a staged and a primary key; does nothing where there is a staged key already. Says whether it did something. */
export function setUpKeys(repository: KeyRepository, chance: Chance): boolean {
  const { folder, owner } = repository
  if (existsSync(join(folder, '0'))) return false
  if (mkdirSync(folder, { recursive: true, mode: 0o700 }) !== undefined && owner) chownSync(folder, owner.uid, owner.gid)
  stageKey(repository, writeNewKey(repository, chance))
  rotateKeys(repository, chance)
  return true
}

/**
 * Promotes the staged key to primary, stages a new one and removes the oldest beyond `maxActiveKeys`. The new key is on disk before
 * anything is renamed, so a full disk changes nothing.
 */
export function rotateKeys(repository: KeyRepository, chance: Chance): { readonly primary: number; readonly removed: readonly number[] } {
  const { folder, maxActiveKeys } = repository
  const before = readKeyFiles(folder)
  if (!before.some(({ index }) => index === 0)) throw new Refusal('conflict', `There is no staged key in ${folder}; set the keys up first.`)
  const fresh = writeNewKey(repository, chance)
  const primary = Math.max(...before.map(({ index }) => index)) + 1
  renameSync(join(folder, '0'), join(folder, String(primary)))
  stageKey(repository, fresh)
  const sealing = [primary, ...before.map(({ index }) => index).filter(index => index !== 0)]
  const removed = sealing.slice(Math.max(0, maxActiveKeys - 1))
  for (const index of removed) rmSync(join(folder, String(index)))
  return { primary, removed }
}

function writeNewKey({ folder, owner }: KeyRepository, chance: Chance): string {
  const path = join(folder, '0.tmp')
  rmSync(path, { force: true })
  const file = openSync(path, 'wx', 0o600)
  try {
    writeSync(file, chance.bytes(32).toString('base64').replaceAll('+', '-').replaceAll('/', '_'))
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  if (owner) chownSync(path, owner.uid, owner.gid)
  return path
}

const stageKey = ({ folder }: KeyRepository, fresh: string) => renameSync(fresh, join(folder, '0'))

/** The keys of a folder, highest number first; empty files and other names are passed over, as Keystone does. */
export function readKeyFiles(folder: string): readonly { readonly index: number; readonly text: string }[] {
  return readdirSync(folder)
    .filter(name => /^\d+$/.test(name))
    .map(name => ({ index: Number(name), text: readUnlessGone(join(folder, name)) }))
    .filter(({ text }) => text.length > 0)
    .sort((one, other) => other.index - one.index)
}

/** A rotation elsewhere may rename the staged key between listing and reading. */
function readUnlessGone(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  }
}

/** The keys in force, primary first. */
export type KeyRing = () => readonly FernetKey[]

/** Looks at the folder again when it has changed, at most once a second. Without keys it gives what `whenEmpty` gives. */
export function keyRing(folder: string, clock: Pick<Clock, 'monotonic'>, whenEmpty: KeyRing = refuseEmpty(folder)): KeyRing {
  let keys: readonly FernetKey[] = []
  let changedAt: number | undefined
  let lookedAt = Number.NEGATIVE_INFINITY
  return () => {
    const now = clock.monotonic()
    if (now - lookedAt >= 1000) {
      const mtimeMs = statSync(folder, { throwIfNoEntry: false })?.mtimeMs
      if (mtimeMs !== changedAt) keys = mtimeMs === undefined ? [] : readKeyFiles(folder).map(({ text }) => parseFernetKey(text))
      if (keys.length === 0) return whenEmpty()
      changedAt = mtimeMs
      lookedAt = now
    }
    return keys
  }
}

const refuseEmpty = (folder: string) => (): never => {
  throw new Refusal('unavailable', `There are no keys in ${folder}; set the keys up first.`)
}
