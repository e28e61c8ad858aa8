import type { Chance } from '@kilonova/platform/chance.ts'
import { type Act, acts } from './api.ts'

/** What a client wants of one server or of some made at once, and what it knows of them; the client may be killed, what it was told is remembered. */
export interface Wish {
  readonly name: string
  readonly count: number
  /** Whether they shall be on different hosts. */
  readonly isApart: boolean
  /** What it asks of the first of them, one after the other; some of it will be refused. */
  readonly acts: readonly Act[]
  readonly fate: 'kept' | 'deleted' | 'deleted at once'
  groupId?: string
  /** Set when the API has acknowledged the servers. */
  ids?: readonly string[]
  /** How many of the acts are behind it. */
  done?: number
}

/** What clients want, one list for each client. At least so many servers in all. */
export function wishesOf(chance: Chance, servers: number): Wish[][] {
  const clients: Wish[][] = []
  for (let left = servers, at = 0; left > 0; at++) {
    const mine = Array.from({ length: Math.min(2, left) }, (_, nth) => wishOf(chance, `server ${at}.${nth}`))
    left -= mine.reduce((sum, { count }) => sum + count, 0)
    clients.push(mine)
  }
  return clients
}

function wishOf(chance: Chance, name: string): Wish {
  const isMany = chance.fraction() < 0.25
  const count = isMany ? 2 + Math.floor(chance.fraction() * 2) : 1
  const fate = chance.fraction() < 0.4 ? 'kept' : chance.fraction() < 0.6 ? 'deleted' : 'deleted at once'
  const acts = courseOf(chance, Math.floor(chance.fraction() * 3))
  return {
    ...{ name, count, isApart: isMany && chance.fraction() < 0.7, fate },
    // A request to put a server aside may come again, late, when it has been brought back: that one is not kept for certain.
    acts: fate === 'kept' ? acts.filter(one => one !== 'putAside') : acts,
  }
}

/** A course that a user would take: what follows an act is mostly what undoes or ends it. */
export function courseOf(chance: Chance, length: number): readonly Act[] {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(chance.fraction() * from.length)] as T
  return Array.from({ length }, () => pick(pairs)).flatMap(pair => (chance.fraction() < 0.8 ? pair : [pick(acts)]))
}

// biome-ignore format: a table
const pairs: readonly (readonly Act[])[] = [
  ['stop', 'start'], ['pause', 'unpause'], ['suspend', 'resume'], ['rescue', 'unrescue'], ['resize', 'confirmResize'], ['resize', 'revertResize'],
  ['migrate', 'confirmResize'], ['migrate', 'revertResize'], ['shelve', 'unshelve'], ['shelve', 'shelveOffload', 'unshelve'], ['softReboot'],
  ['hardReboot'], ['rebuild'], ['snapshot'], ['putAside', 'restore'],
]
