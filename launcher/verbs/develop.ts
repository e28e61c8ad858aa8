import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { thisHost } from '../host.ts'
import { install, missingPackages, packages } from '../packages.ts'
import { sourceDir } from '../places.ts'

/** Runs the tests, after installing what they need; their last line is `N passed, N failed`. */
export async function runTests(files: readonly string[], wish: { install: boolean; project?: string }): Promise<number> {
  // Tests boot guests and build networks as well: all of them are needed.
  const missing = wish.project === 'unit' ? [] : missingPackages(thisHost, packages)
  if (missing.length > 0 && wish.install && thisHost.isRoot) {
    const why = await install(thisHost, missing, line => void process.stderr.write(`${line}\n`))
    if (why !== undefined) process.stderr.write(`Not installed (${why}); the tests that need it will fail.\n`)
  }
  return await run(join(sourceDir, 'node_modules/vitest/vitest.mjs'), [
    'run',
    ...(wish.project === undefined ? [] : ['--project', wish.project]),
    ...files,
  ])
}

export const runChecks = (): Promise<number> => run(join(sourceDir, 'tools/check.ts'), [])

const run = (script: string, args: readonly string[]): Promise<number> =>
  new Promise(done => {
    const bin = join(sourceDir, 'node_modules/.bin')
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, ...args], {
      stdio: 'inherit',
      cwd: sourceDir,
      env: { ...process.env, PATH: `${bin}:${process.env['PATH'] ?? ''}` },
    })
    child.once('close', code => done(code ?? 1))
    child.once('error', () => done(1))
  })
