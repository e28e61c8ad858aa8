import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { ConfigError } from '@kilonova/platform/sql/config-error.ts'
import { program } from './commands.ts'
import { sourceDir } from './places.ts'

/** The command line. What is refused is one line per complaint and exit code 1; only a defect shows a stack. */
// Beside the packages, whose owner alone may write there; the usual place in /tmp is anyone's.
enableCompileCache(join(sourceDir, 'node_modules', '.cache', 'kilonova'))
process.stdout.on('error', error => {
  // `kilonova logs | head` closes the pipe.
  if ((error as NodeJS.ErrnoException).code === 'EPIPE') process.exit(0)
  throw error
})
try {
  await program().parseAsync(process.argv)
} catch (error) {
  if (!(error instanceof Refusal || error instanceof ConfigError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
