import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Places } from './places.ts'

const mark = '.kilonova-home'

/** Whether a directory is a cloud's and nobody else's, so that it may be emptied. */
export const isOurs = (dir: string): boolean => existsSync(join(dir, mark))

/**
 * Makes the directories of a cloud its own. One with other things in it is refused: what a cloud calls its home, `reset` empties.
 */
export function claimPlaces({ home, logs, hint }: Places): void {
  for (const dir of [home, logs]) {
    mkdirSync(dir, { recursive: true, mode: 0o750 })
    if (isOurs(dir)) continue
    const others = readdirSync(dir).filter(name => !(dir === home && (name === 'etc' || name === 'log')))
    // Another process of this cloud may have claimed it since; the mark is the first thing it leaves.
    if (isOurs(dir)) continue
    if (others.length > 0)
      throw new Refusal(
        'conflict',
        `${dir} has other things in it (${others.slice(0, 3).join(', ')}): choose an empty directory${hint === '' ? ' with --home DIR' : ''}.`,
      )
    writeFileSync(join(dir, mark), 'This directory belongs to a Kilonova cloud: `kilonova reset` empties it.\n')
  }
}
