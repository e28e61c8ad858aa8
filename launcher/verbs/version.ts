import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openers } from '../openers.ts'
import { sourceDir } from '../places.ts'
import { services } from '../services.ts'

export async function version(): Promise<number> {
  const { version: number } = JSON.parse(readFileSync(join(sourceDir, 'package.json'), 'utf8')) as { version: string }
  const built = services.filter(({ name }) => openers[name]).map(({ name }) => name)
  process.stdout.write(`kilonova ${number} on Node ${process.versions.node}, with ${built.join(', ') || 'no service yet'}\n`)
  return 0
}
