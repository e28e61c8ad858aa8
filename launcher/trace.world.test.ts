import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Break, breaksOfHosts, breaksOfTables } from './testing/wired-breaks.ts'
import { openScene, type Scene } from './testing/wired-scene.ts'

/**
 * What goes wrong with networks, done to two hosts made of namespaces. The tracer names each, verify finds those of hosts and mends them, and then
 * packets arrive.
 */
type Traced = Awaited<ReturnType<Scene['trace']>>

const patienceMs = 20_000

/** `KILONOVA_BREAKS` names those to be tried, as a pattern; without it all are. */
const pattern = new RegExp(process.env['KILONOVA_BREAKS'] ?? '.')

let scene: Scene | undefined
const table: string[] = []
beforeAll(async () => {
  scene = await openScene()
}, 120_000)
afterAll(async () => {
  console.info(table.join('\n'))
  await scene?.cloud.close()
}, 60_000)

/** `host1 [qrouter-…]: ip link set …` */
async function perform({ cloud }: Scene, line: string): Promise<void> {
  const [, host = '', inside, words = ''] = /^(\S+)(?: \[(\S+)\])?: (.*)$/.exec(line) ?? []
  await cloud.hosts.run(host, words, inside)
}

async function mend(one: Break, at: Scene): Promise<string> {
  if (typeof one.mending === 'function') await one.mending(at)
  else for (const line of one.mending ?? []) await perform(at, line)
  if (one.mending) return 'operator'
  const { code, lines } = await at.cloud.verify(true)
  if (code !== 0) throw new Error(`it is not mended: ${lines.join('; ')}`)
  // A host that is told of something just then is mended by its agent.
  return lines.some(line => line.includes('[the host is wired anew]')) ? 'verify --repair' : 'the agent'
}

/** Does it, and asks what becomes of packets. A host that is told of something just then is mended by its agent before anybody asks. */
async function breakAndAsk(one: Break, at: Scene, triesLeft = 2): Promise<Traced> {
  await one.doing?.(at)
  for (const line of one.lines ?? []) await perform(at, line)
  if (one.mending) await until(at, one, ({ conclusion }) => one.says.test(conclusion))
  const broken = await at.trace(one.ask)
  const isMended = broken.arrives === true && broken.hops.every(({ mark }) => mark === 'ok')
  return isMended && triesLeft > 0 ? breakAndAsk(one, at, triesLeft - 1) : broken
}

async function tryOut(one: Break, at: Scene): Promise<void> {
  const broken = await breakAndAsk(one, at)
  if (!one.says.test(broken.conclusion)) throw new Error(`it is said otherwise: ${broken.conclusion}`)
  if ((broken.arrives === true) !== (one.passes === true)) throw new Error(`it is judged otherwise: ${broken.conclusion}`)
  const by = await mend(one, at)
  // Who answers for metadata in a namespace that was made anew is the agent, at its next look, which agents here take at their start.
  if (one.isMadeAnew) for (const act of [at.cloud.endAgent, at.cloud.startAgent]) await act('host1')
  await until(at, one, ({ arrives, hops }) => arrives === true && hops.every(({ mark }) => mark === 'ok'))
  table.push(`${one.name} | ${broken.conclusion} | ${by}`)
}

/** What people change is told to hosts after the answer. */
async function until(at: Scene, one: Break, holds: (traced: Traced) => boolean): Promise<void> {
  const begun = performance.now()
  for (;;) {
    const traced = await at.trace(one.ask)
    if (holds(traced)) return
    if (performance.now() - begun > patienceMs) throw new Error(`${one.name}: ${traced.conclusion}`)
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}

async function tryAll(list: (at: Scene) => readonly Break[]): Promise<void> {
  if (!scene) throw new Error('the hosts could not be made')
  const failed: string[] = []
  for (const one of list(scene).filter(({ name }) => pattern.test(name)))
    await tryOut(one, scene).catch(async error => {
      failed.push(`${one.name}: ${error instanceof Error ? error.message : String(error)}`)
      await scene?.cloud.verify(true)
    })
  expect(failed).toEqual([])
}

test('what people forgot is named, and arrives when it is there', () => tryAll(breaksOfTables), 300_000)

test('what somebody broke on a host is named, found and mended', () => tryAll(breaksOfHosts), 900_000)
