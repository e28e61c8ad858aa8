import type { Chance } from '@kilonova/platform/chance.ts'
import type { FactsNews } from '../contract/messages.ts'
import type { Driver } from '../drivers/driver.ts'

/** What the host has, to whoever knows another edition of it; to others that nothing is new. Most hosts are for days what they were. */
export function newsOfFacts(
  driver: Pick<Driver, 'facts'>,
  chance: Pick<Chance, 'uuid'>,
): (known: string | undefined) => Promise<FactsNews> {
  let last: { readonly text: string; readonly edition: string } | undefined
  return async known => {
    const facts = await driver.facts()
    const text = JSON.stringify(facts)
    if (last?.text !== text) last = { text, edition: chance.uuid() }
    return last.edition === known ? { edition: known } : { edition: last.edition, facts }
  }
}
