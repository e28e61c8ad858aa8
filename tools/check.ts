import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/**
 * Runs every wall of the house at once and says one line about each. The walls are the `wall:…` scripts of package.json: what a person
 * runs to see one, this runs to see all. Shows what the first failing wall says; the others are named.
 */
export interface Wall {
  readonly name: string
  readonly command: string
}

interface Outcome extends Wall {
  readonly holds: boolean
  readonly seconds: number
  readonly words: string
}

export const wallsIn = (scripts: Readonly<Record<string, string>>): readonly Wall[] =>
  Object.entries(scripts)
    .filter(([name]) => name.startsWith('wall:'))
    .map(([name, command]) => ({ name: name.slice('wall:'.length), command }))

/** Whether all walls hold; tells `say` about each as it ends. */
export async function checkWalls(walls: readonly Wall[], root: string, say: (line: string) => void): Promise<boolean> {
  const outcomes = await Promise.all(
    walls.map(async wall => {
      const outcome = await runWall(wall, root)
      say(`${outcome.holds ? 'holds ' : 'BROKEN'} ${wall.name.padEnd(10)} ${outcome.seconds.toFixed(1).padStart(5)} s`)
      return outcome
    }),
  )
  const [first, ...others] = outcomes.filter(({ holds }) => !holds)
  if (!first) return walls.length > 0
  say(`\n${first.name}:\n${first.words.trim()}`)
  if (others.length > 0) say(`\nAlso broken: ${others.map(({ name }) => `npm run wall:${name}`).join(', ')}`)
  return false
}

function runWall(wall: Wall, root: string): Promise<Outcome> {
  const path = [join(root, 'node_modules', '.bin'), process.env['PATH']].join(delimiter)
  const started = performance.now()
  return new Promise((resolve, reject) => {
    const program = spawn(wall.command, { cwd: root, shell: true, env: { ...process.env, PATH: path, NO_COLOR: '1', CI: '1' } })
    let words = ''
    for (const stream of [program.stdout, program.stderr]) stream.setEncoding('utf8').on('data', text => (words += text))
    program.on('error', reject)
    program.on('close', code => resolve({ ...wall, holds: code === 0, seconds: (performance.now() - started) / 1000, words }))
  })
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '..')
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const isWhole = await checkWalls(wallsIn(scripts), root, line => console.log(line))
  process.exitCode = isWhole ? 0 : 1
}
