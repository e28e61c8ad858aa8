import type { WiringTrouble } from '../../contract/messages.ts'
import type { Act } from './plan/act.ts'
import { type Run, RunFailed } from './run.ts'

/** Carries the acts out in their order, those that follow each other with one tool in one place by one run of it. */
export async function perform(run: Run, acts: readonly Act[]): Promise<readonly WiringTrouble[]> {
  const split = acts.filter(act => act.line.includes('\n'))
  const troubles: WiringTrouble[] = split.map(({ subject }) => ({ subject, reason: 'a name or an address holds the end of a line' }))
  let rest = split.length === 0 ? acts : acts.filter(act => !troubles.some(({ subject }) => subject === act.subject))
  while (rest.length > 0) {
    const batch = leading(rest)
    const failed = await runBatch(run, batch)
    if (failed === undefined) {
      rest = rest.slice(batch.length)
      continue
    }
    const act = batch[failed.index]
    if (!act) throw failed.error
    if (isGone(act, failed.reason)) {
      rest = rest.slice(failed.index + 1)
      continue
    }
    troubles.push({ subject: act.subject, reason: `${act.tool} ${act.line}: ${failed.reason}` })
    rest = rest.slice(failed.index + 1).filter(each => each.subject !== act.subject)
  }
  return troubles
}

/**
 * Carries acts out, and where some fail those that another look says are still to be done: an interface may go by itself
 * between the look and the act, as a cable does whose other end was in a container that stops.
 */
export async function performLookingAgain(
  run: Run,
  acts: readonly Act[],
  again: () => Promise<readonly Act[]>,
): Promise<readonly WiringTrouble[]> {
  const troubles = await perform(run, acts)
  return troubles.length === 0 ? troubles : await perform(run, await again())
}

/** What was to go went by itself meanwhile, as a cable does with the namespace at its other end. */
const isGone = ({ line }: Act, reason: string) =>
  (line.startsWith('link del ') && reason.includes('Cannot find device')) ||
  (line.startsWith('netns del ') && reason.includes('No such file or directory'))

function leading(acts: readonly Act[]): readonly Act[] {
  const [first] = acts
  const end = acts.findIndex(act => act.tool !== first?.tool || act.in !== first.in || act.version !== first.version)
  return end === -1 ? acts : acts.slice(0, end)
}

interface Failed {
  readonly index: number
  readonly reason: string
  readonly error: unknown
}

/** `Command failed -:3` says which line it was; those before it were carried out, those behind it were not. */
async function runBatch(run: Run, batch: readonly Act[]): Promise<Failed | undefined> {
  const [first] = batch
  if (!first) return undefined
  try {
    if (first.tool === 'sysctl') await run('sysctl', ['-q', '-w', ...batch.map(act => act.line)], { namespace: first.in })
    else
      await run(first.tool, [...(first.in === undefined ? [] : ['-n', first.in]), ...(first.version === 6 ? ['-6'] : []), '-batch', '-'], {
        input: batch.map(act => `${act.line}\n`).join(''),
      })
    return undefined
  } catch (error) {
    if (!(error instanceof RunFailed)) throw error
    const line = /Command failed [^:]*:(\d+)/.exec(error.complaint)?.[1]
    return { index: line === undefined ? 0 : Number(line) - 1, reason: error.complaint.split('\n')[0] || error.message, error }
  }
}
