import { randomBytes, randomUUID } from 'node:crypto'

/** Chance, handed in like time: ids, jitter and secrets come from here, so that a simulation can replay them from a seed. */
export interface Chance {
  /** A version 4 UUID with dashes: `5c242396-3c7b-4bc6-bec1-3df8eb57d53d`. */
  uuid(): string
  /** The same as 32 hexadecimal digits, as the identity service writes ids. */
  hex(): string
  /** A number in [0, 1). */
  fraction(): number
  /** Unpredictable bytes for secrets. */
  bytes(count: number): Buffer
}

export const systemChance: Chance = {
  uuid: () => randomUUID(),
  hex: () => randomUUID().replaceAll('-', ''),
  fraction: () => Math.random(),
  bytes: count => randomBytes(count),
}

/** A replayable `Chance` (mulberry32). Its bytes are predictable: for simulation only. */
export function seededChance(seed: number): Chance {
  let state = seed >>> 0
  const fraction = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000
  }
  const bytes = (count: number) => {
    const drawn = Buffer.allocUnsafe(count)
    for (let at = 0; at < count; at++) drawn[at] = Math.floor(fraction() * 256)
    return drawn
  }
  const hex = () => {
    const raw = bytes(16)
    raw.writeUInt8((raw.readUInt8(6) & 0x0f) | 0x40, 6)
    raw.writeUInt8((raw.readUInt8(8) & 0x3f) | 0x80, 8)
    return raw.toString('hex')
  }
  return { fraction, bytes, hex, uuid: () => hex().replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') }
}
