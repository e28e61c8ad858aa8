import type { HostWiring } from '../../../contract/wiring.ts'
import { wrongNeighbours } from '../../../documents/defects/neighbours.ts'
import type { Desired, NamespaceWish } from '../../../documents/desired/desired.ts'
import { fewAtOnce } from '../few-at-once.ts'
import type { Observed } from '../observed.ts'
import type { Run } from '../run.ts'
import { neighboursIn, settingsIn } from '../see.ts'
import { type Act, ip } from './act.ts'

export interface Inside {
  readonly desired: Desired
  readonly wiring: HostWiring
  readonly observed: Observed
}

/**
 * What nobody but a hand changes in a namespace once it is made: its settings, and whom it takes its neighbours for. It is looked at when the
 * whole host is.
 */
export async function insideActs(run: Run, { desired, wiring, observed }: Inside): Promise<readonly Act[]> {
  const acts = new Map<string, readonly Act[]>()
  const there = desired.namespaces.filter(({ name }) => observed.namespaces.get(name)?.owner !== undefined)
  await fewAtOnce(there, async wish => {
    // One that goes meanwhile is seen to when the host is looked at again.
    acts.set(wish.name, await actsIn(run, wish, wiring).catch(() => []))
  })
  return there.flatMap(({ name }) => acts.get(name) ?? [])
}

async function actsIn(run: Run, { name, subject, settings }: NamespaceWish, wiring: HostWiring): Promise<readonly Act[]> {
  const inside = { subject, in: name }
  const [has, neighbours] = await Promise.all([settingsIn(run, Object.keys(settings), name), neighboursIn(run, name)])
  return [
    ...Object.entries(settings)
      .filter(([key, value]) => has[key] !== undefined && has[key] !== value)
      .map(([key, value]): Act => ({ tool: 'sysctl', line: `${key}=${value}`, ...inside })),
    ...wrongNeighbours(wiring, neighbours).map(({ address, device }) => ip(inside, `neigh del ${address} dev ${device}`)),
  ]
}
