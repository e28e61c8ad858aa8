import { seededChance } from '@kilonova/platform/chance.ts'
import { expect, test } from 'vitest'
import { plainFacts } from '../contract/host.ts'
import { newsOfFacts } from './news-of-facts.ts'

test('whoever knows what a host has hears no more than that it is the same, until it is not', async () => {
  let vcpus = 4
  const facts = async () => plainFacts({ host: 'node1', vcpus, memoryMb: 8192, diskGb: 100 })
  const ask = newsOfFacts({ facts }, seededChance(1))
  const first = await ask(undefined)
  expect(first).toMatchObject({ facts: { vcpus: 4 } })
  expect(await ask(first.edition)).toEqual({ edition: first.edition })
  expect(await ask('of an agent that ended')).toEqual(first)
  vcpus = 8
  const second = await ask(first.edition)
  expect(second).toMatchObject({ facts: { vcpus: 8 } })
  expect(await ask(second.edition)).toEqual({ edition: second.edition })
})
