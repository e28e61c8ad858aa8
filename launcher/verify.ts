import type { Cause } from '@kilonova/platform/cause.ts'
import type { Clock } from '@kilonova/platform/clock.ts'

/** Something that must hold, and how it is looked at. Services say what; the launcher asks all of them. */
export interface Check {
  readonly name: string
  /** Throws when it cannot look. */
  look(cause: Cause): Promise<readonly Finding[]>
}

export interface Finding {
  readonly what: string
  readonly repair?: { readonly what: string; run(cause: Cause): Promise<void> } | undefined
}

export interface Verification {
  readonly checks: readonly Check[]
  /** What is found while a cloud is at work may only be on its way: then it counts when it is found again. */
  readonly isRunning: boolean
  readonly repairs: boolean
  readonly clock: Pick<Clock, 'sleep'>
  readonly cause: Cause
  print(line: string): void
}

/** As long as things that are on their way take that no task is about: a message, a commit in the next database. */
const secondLookMs = 3_000

/** One line per check and one per finding. 0 when all holds or was set right, 1 when something is left, 2 when something could not be looked at. */
export async function verify({ checks, ...rooms }: Verification): Promise<0 | 1 | 2> {
  const looks = await lookAll(checks, rooms)
  const outcomes: Outcome[] = []
  for (const look of looks) outcomes.push(await tell(look, rooms))
  const count = (outcome: Outcome) => outcomes.filter(one => one === outcome).length
  rooms.print(`${looks.length} checks: ${count('holds')} hold, ${count('amiss')} do not, ${count('unknown')} could not be made.`)
  return count('amiss') > 0 ? 1 : count('unknown') > 0 ? 2 : 0
}

type Outcome = 'holds' | 'amiss' | 'unknown'
type Rooms = Omit<Verification, 'checks'>
interface Looked {
  readonly name: string
  readonly found: readonly Finding[] | Error
}

async function lookAll(checks: readonly Check[], { isRunning, clock, cause }: Rooms): Promise<readonly Looked[]> {
  const look = async ({ name, look }: Check): Promise<Looked> => ({ name, found: await look(cause).catch(asError) })
  const first = await Promise.all(checks.map(look))
  if (!isRunning || first.every(({ found }) => !(found instanceof Error) && found.length === 0)) return first
  await clock.sleep(secondLookMs)
  const second = await Promise.all(checks.map(look))
  return second.map(({ name, found }, at) => {
    const before = first[at]?.found ?? []
    if (found instanceof Error || before instanceof Error) return { name, found }
    return { name, found: found.filter(({ what }) => before.some(one => one.what === what)) }
  })
}

async function tell({ name, found }: Looked, { repairs, cause, print }: Rooms): Promise<Outcome> {
  if (found instanceof Error) {
    print(`?      ${name}: ${found.message}`)
    return 'unknown'
  }
  print(`${found.length === 0 ? 'holds ' : 'amiss '} ${name}`)
  let left = 0
  for (const finding of found) {
    const repaired = repairs ? await repair(finding, cause) : undefined
    if (repaired?.isDone !== true) left++
    print(`       - ${finding.what}${repaired ? ` [${repaired.says}]` : finding.repair && !repairs ? ' [--repair sets it right]' : ''}`)
  }
  return left === 0 ? 'holds' : 'amiss'
}

async function repair({ repair }: Finding, cause: Cause): Promise<{ readonly isDone: boolean; readonly says: string } | undefined> {
  if (!repair) return undefined
  return repair.run(cause).then(
    () => ({ isDone: true, says: repair.what }),
    error => ({ isDone: false, says: `not ${repair.what}: ${asError(error).message}` }),
  )
}

const asError = (error: unknown) => (error instanceof Error ? error : new Error(String(error)))
