import { join, resolve } from 'node:path'
import type { Globals } from '../globals.ts'
import { sourceDir } from '../places.ts'
import { systemdUnit } from '../systemd-unit.ts'
import { mustBeDaemon } from './run.ts'

export async function printUnit({ home, print }: Globals, daemons: readonly string[]): Promise<number> {
  for (const name of daemons) mustBeDaemon(name)
  print(systemdUnit({ program: join(sourceDir, 'kilonova'), ...(home === undefined ? {} : { home: resolve(home) }), daemons }).trimEnd())
  return 0
}
