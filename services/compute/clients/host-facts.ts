import type { HostFacts } from '@kilonova/hypervisor/contract/host.ts'
import { factsNews, hostFacts, hypervisorOf } from '@kilonova/hypervisor/contract/messages.ts'
import type { Bus } from '@kilonova/platform/bus/bus.ts'
import type { Cause } from '@kilonova/platform/cause.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'

const deadlineMs = 5_000

/** What hosts have. A host whose facts are known says only that they are the same, and the same object is answered then. */
export function hostFactsClient({ bus }: { readonly bus: Pick<Bus, 'ask'> }) {
  const known = new Map<string, { readonly edition: string; readonly facts: HostFacts }>()

  async function ask(host: string, cause: Cause): Promise<HostFacts> {
    const before = known.get(host)
    // One that does not answer may be gone for good.
    known.delete(host)
    const said = await bus.ask(factsNews, hypervisorOf(host), { known: before?.edition }, { cause, deadlineMs })
    const facts = said.facts ?? before?.facts
    if (facts === undefined) throw new Error(`${host} took its facts for known that are not`)
    known.set(host, { edition: said.edition, facts })
    return facts
  }

  return (host: string, cause: Cause): Promise<HostFacts> =>
    ask(host, cause).catch(error => {
      if (!(error instanceof Refusal && error.kind === 'not-built')) throw error
      // An agent of an older version.
      return bus.ask(hostFacts, hypervisorOf(host), {}, { cause, deadlineMs })
    })
}
