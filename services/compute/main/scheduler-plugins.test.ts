import { findPlugins, type Plugin } from '@kilonova/platform/plugins/find.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import { afterEach, expect, test } from 'vitest'
import { cause } from '../kit.ts'
import { anAsk, type SchedulerBench, schedulerBenchWith } from '../scheduler/kit.ts'
import { schedulerPlugins } from './scheduler-plugins.ts'

const samples = findPlugins(new URL('../../../docs/examples/plugins', import.meta.url).pathname).plugins
const racks = samples.filter(({ name }) => name === 'racks')
const load = (plugins: readonly Plugin[]) => schedulerPlugins(plugins, { clock: systemClock, log: silentLog })
const bringing = (rules: unknown, name = 'odd'): Plugin => ({
  ...{ name, extends: 'scheduler', file: `/${name}.ts` },
  load: async () => ({ extension: () => rules }),
})
const enabled = (...names: readonly string[]) => `filter_scheduler.enabled_filters=${names.join(',')}`

let at: SchedulerBench | undefined
afterEach(async () => {
  await at?.close()
  at = undefined
})

/** Two hosts, the first of them in rack r1. */
async function open(plugins: readonly Plugin[], ...flags: readonly string[]) {
  const added = await load(plugins)
  const bench = await schedulerBenchWith({ hosts: [{ host: 'host1' }, { host: 'host2' }], flags, added })
  at = bench
  const rack = await bench.aggregates.create('r1', undefined, cause)
  await bench.aggregates.setMetadata(String(rack.id), { rack: 'r1' }, cause)
  await bench.aggregates.addHost(String(rack.id), 'host1', cause)
  return { bench, outcomes: added.outcomes }
}

test('a filter of a plug-in is enabled by its name, and its reason is kept with the decision', async () => {
  const { bench, outcomes } = await open(racks, enabled('ComputeFilter', 'racks.RackFilter'))
  expect(outcomes).toEqual([{ name: 'racks', alias: 'RackFilter, FewServersWeigher' }])
  for (const n of [1, 2, 3]) expect((await bench.scheduling.claim(anAsk(n, { hints: { rack: 'r1' } }), cause)).host).toBe('host1')
  const vain = await bench.scheduling.claim(anAsk(4, { hints: { rack: 'r2' } }), cause).catch((error: unknown) => error)
  expect(vain).toMatchObject({ message: 'No valid host was found. All 2 do not suit a rule of this cloud.' })
  const [decision] = await bench.scheduling.decisionsOf(anAsk(4).consumerId)
  expect(decision?.refused).toEqual(
    expect.arrayContaining([
      { host: 'host1', from: 'RackFilter', kind: 'rule', says: 'it stands in r1; r2 wanted' },
      { host: 'host2', from: 'RackFilter', kind: 'rule', says: 'it stands in no rack; r2 wanted' },
    ]),
  )
})

test('a filter of a plug-in that is not enabled judges nobody, and may be enabled while the cloud runs', async () => {
  const { bench } = await open(racks, enabled('ComputeFilter'))
  await bench.scheduling.claim(anAsk(1, { hints: { rack: 'r2' } }), cause)
  bench.say(enabled('ComputeFilter', 'RackFilter'))
  await expect(bench.scheduling.claim(anAsk(2, { hints: { rack: 'r2' } }), cause)).rejects.toThrow('No valid host was found.')
})

test('a weigher of a plug-in ranks hosts where it is named beside ours', async () => {
  const against = bringing({ weighers: [{ name: 'LastWeigher', weigh: ({ host }: { host: string }) => (host === 'host2' ? 9 : 0) }] })
  const { bench } = await open([against], 'filter_scheduler.weight_classes=nova.scheduler.weights.all_weighers,LastWeigher')
  for (const n of [1, 2, 3]) {
    const { ranked } = await bench.scheduling.rehearse(anAsk(n), cause)
    expect(ranked[0]?.host.host).toBe('host2')
  }
  bench.say()
  const { ranked } = await bench.scheduling.rehearse(anAsk(4), cause)
  expect(ranked[0]?.weight).toBe(ranked[1]?.weight)
})

test('a rule that errs lets nobody in and weighs nothing', async () => {
  const fails = () => {
    throw new RangeError('out of luck')
  }
  const odd = bringing({ filters: [{ name: 'OddFilter', objection: fails }], weighers: [{ name: 'OddWeigher', weigh: fails }] })
  const { bench } = await open([odd], 'filter_scheduler.weight_classes=OddWeigher')
  expect((await bench.scheduling.rehearse(anAsk(1), cause)).ranked).toHaveLength(2)
  bench.say(enabled('OddFilter'))
  const { refused } = await bench.scheduling.rehearse(anAsk(1), cause)
  expect(refused[0]?.objection).toEqual({ from: 'OddFilter', kind: 'rule', says: 'it could not be judged: RangeError: out of luck' })
})

// biome-ignore format: a table
test.each([
  ['returns nothing',           undefined,                                                              'its function returns no rules'],
  ['brings nothing',            {},                                                                     'it has neither filters nor weighers'],
  ['brings no function',        { filters: [{ name: 'OddFilter' }] },                                   'its filters have not each a name and a function objection'],
  ['takes a name of ours',      { filters: [{ name: 'ComputeFilter', objection: () => undefined }] },   'there is a ComputeFilter already'],
  ['takes an old name',         { filters: [{ name: 'RamFilter', objection: () => undefined }] },       'there is a RamFilter already'],
  ['takes a weigher’s name',    { weighers: [{ name: 'RAMWeigher', weigh: () => 0 }] },                 'there is a RAMWeigher already'],
] as const)('a plug-in that %s is left out with the reason', async (_, rules, why) => {
  expect((await load([bringing(rules)])).outcomes).toEqual([{ name: 'odd', why }])
})

test('of two plug-ins with rules of one name the first has it', async () => {
  const rules = { filters: [{ name: 'OddFilter', objection: () => undefined }] }
  const { outcomes, filters } = await load([bringing(rules, 'one'), bringing(rules, 'two')])
  expect(outcomes).toEqual([
    { name: 'one', alias: 'OddFilter' },
    { name: 'two', why: 'there is a OddFilter already' },
  ])
  expect(filters).toHaveLength(1)
})
