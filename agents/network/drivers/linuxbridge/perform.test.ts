import { expect, test } from 'vitest'
import { perform, performLookingAgain } from './perform.ts'
import type { Act } from './plan/act.ts'
import { ip } from './plan/act.ts'
import { type Run, RunFailed } from './run.ts'

/** A host that does everything but what names `bad`, and stops a batch there as the real programs do. */
function host() {
  const ran: string[] = []
  const run: Run = async (program, args, { input = '', namespace } = {}) => {
    const lines = input.split('\n').filter(Boolean)
    const bad = lines.findIndex(line => line.includes('bad'))
    ran.push(
      `${[program, ...args].join(' ')}${namespace === undefined ? '' : ` in ${namespace}`}: ${(bad === -1 ? lines : lines.slice(0, bad)).join('; ')}`,
    )
    if (bad !== -1) throw new RunFailed('failed', { exitCode: 2, complaint: `RTNETLINK answers: No\nCommand failed -:${bad + 1}` })
    return ''
  }
  return { ran, run }
}

test('acts with one tool in one place are one run, in their order', async () => {
  const { ran, run } = host()
  const acts: Act[] = [
    ip({ subject: 'a' }, 'link add x'),
    ip({ subject: 'b' }, 'link add y'),
    { tool: 'sysctl', line: 'net.a=1', subject: 'b', in: 'ns' },
    { tool: 'sysctl', line: 'net.b=2', subject: 'b', in: 'ns' },
    ip({ subject: 'b', in: 'ns' }, 'addr add z'),
  ]
  expect(await perform(run, acts)).toEqual([])
  expect(ran).toEqual(['ip -batch -: link add x; link add y', 'sysctl -q -w net.a=1 net.b=2 in ns: ', 'ip -n ns -batch -: addr add z'])
})

test('an act that fails is told by its subject, whose other acts are left, and all others are carried out', async () => {
  const { ran, run } = host()
  const acts = [
    ip({ subject: 'a' }, 'one'),
    ip({ subject: 'b' }, 'bad'),
    ip({ subject: 'b' }, 'never'),
    ip({ subject: 'a' }, 'two'),
    ip({ subject: 'b', in: 'ns' }, 'never too'),
  ]
  expect(await perform(run, acts)).toEqual([{ subject: 'b', reason: 'ip bad: RTNETLINK answers: No' }])
  expect(ran).toEqual(['ip -batch -: one', 'ip -batch -: two'])
})

test('a line that would be two is refused', async () => {
  const { ran, run } = host()
  expect(await perform(run, [ip({ subject: 'a' }, 'addr add 10.0.0.1\nlink del eth0'), ip({ subject: 'b' }, 'two')])).toMatchObject([
    { subject: 'a' },
  ])
  expect(ran).toEqual(['ip -batch -: two'])
})

test('what was to be removed and went by itself meanwhile is no trouble', async () => {
  const ran: string[] = []
  const run: Run = async (_program, _args, { input = '' } = {}) => {
    ran.push(input.trim())
    if (input.startsWith('link del dev gone'))
      throw new RunFailed('failed', { exitCode: 1, complaint: 'Cannot find device "gone"\nCommand failed -:1' })
    return ''
  }
  expect(await perform(run, [ip({ subject: 'a' }, 'link del dev gone'), ip({ subject: 'a' }, 'link del dev brq')])).toEqual([])
  expect(ran).toEqual(['link del dev gone\nlink del dev brq', 'link del dev brq'])
})

test('an interface that goes by itself while its bridge is taken down is no trouble, and the rest is taken down', async () => {
  const { ran, run } = host()
  const acts = [ip({ subject: 'brq' }, 'link set dev bad nomaster'), ip({ subject: 'brq' }, 'link del dev brq')]
  expect(await performLookingAgain(run, acts, async () => acts.slice(1))).toEqual([])
  expect(ran.slice(1)).toEqual(['ip -batch -: link del dev brq'])
})

test('what fails twice is told, and what fails nowhere is not looked at again', async () => {
  const { run } = host()
  const acts = [ip({ subject: 'brq' }, 'link set dev bad nomaster')]
  expect(await performLookingAgain(run, acts, async () => acts)).toEqual([
    { subject: 'brq', reason: 'ip link set dev bad nomaster: RTNETLINK answers: No' },
  ])
  const never = () => Promise.reject(new Error('looked again'))
  expect(await performLookingAgain(run, [ip({ subject: 'a' }, 'one')], never)).toEqual([])
})
