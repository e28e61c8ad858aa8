import type { Defect, Observation } from '@kilonova/network-agent/contract/observation.ts'
import { type Hop, type Plan, type PlannedHop, type Trace, wordsOf } from './trace.ts'

/** What was seen on each host, or why it could not be. */
export type Sightings = ReadonlyMap<string, Pick<Observation, 'defects'> | { readonly unseen: string }>

/** Which hosts have to be looked at. */
export const hostsOf = ({ hops }: Plan): readonly string[] =>
  [...new Set(hops.flatMap(({ host, concerns }) => (host && concerns ? [host] : [])))].sort()

/** Which namespaces, wherever they are: the way leads through them. */
export const namespacesOf = ({ hops }: Plan): readonly string[] => [
  ...new Set(hops.map(({ where }) => where).filter(where => /^q(router|dhcp)-/.test(where))),
]

/** What becomes of the packet, by what the tables say and what was seen. Nothing is asked here. */
export function verdict({ from, to, packet, hops: planned }: Plan, seen: Sightings): Trace {
  const hops = planned.map(hop => judged(hop, hop.host === undefined ? undefined : seen.get(hop.host)))
  const stop = hops.find(({ mark, largerThan }) => mark === 'stop' && largerThan === undefined)
  const unknown = hops.find(({ mark }) => mark === 'unknown')
  const large = hops.find(({ mark }) => mark === 'stop')
  const arrives = stop ? false : unknown ? undefined : !large
  const conclusion = stop
    ? `${stopWords(stop)}.${remedyWords(stop)}`
    : unknown
      ? `Nobody can say whether it arrives: ${unknown.says}.${remedyWords(unknown)}`
      : large
        ? `Packets above ${large.largerThan} bytes stop at ${placeOf(large)}: ${large.says}.${remedyWords(large)}`
        : arrivalWords(hops, wordsOf(packet))
  return { from, to, packet, hops, arrives, conclusion }
}

function judged({ where, host, what, says, trouble, concerns, isBeside = false }: PlannedHop, seen: ReturnType<Sightings['get']>): Hop {
  const at = { where, host, what }
  if (trouble) return { ...at, mark: isBeside ? 'warning' : 'stop', says: trouble.why, remedy: trouble.remedy }
  if (!concerns) return { ...at, mark: 'ok', says }
  if (!seen || 'unseen' in seen) {
    const why = `${host ?? 'the host'} cannot be looked at: ${seen?.unseen ?? 'its agent does not answer'}`
    return { ...at, mark: isBeside ? 'warning' : 'unknown', says: why, remedy: `start the network agent of ${host}` }
  }
  const amiss = seen.defects.filter(concerns)
  const [worst] = amiss.toSorted((a, b) => rank(a) - rank(b))
  if (!worst) return { ...at, mark: 'ok', says }
  const { what: why, remedy, repairedBy, stops, largerThan } = worst
  return { ...at, mark: stops && !isBeside ? 'stop' : 'warning', says: why, remedy, repairedBy, largerThan }
}

const rank = ({ stops, largerThan }: Defect) => (stops ? (largerThan === undefined ? 0 : 1) : 2)

const placeOf = ({ where, host }: Hop) => (host === undefined ? where : `${where} on ${host}`)

const stopWords = (stop: Hop) => `It stops at ${placeOf(stop)}: ${stop.says}`

const by: Readonly<Record<Defect['repairedBy'], string>> = {
  agent: '; the agent repairs it when it looks next, or kilonova verify --repair at once',
  hypervisor: '',
  operator: '',
}

const remedyWords = ({ remedy, repairedBy }: Hop) => (remedy === undefined ? '' : ` Remedy: ${remedy}${repairedBy ? by[repairedBy] : ''}.`)

function arrivalWords(hops: readonly Hop[], words: string): string {
  const warned = [...new Set(hops.filter(({ mark }) => mark === 'warning').map(({ says }) => says))]
  return warned.length === 0 ? `It arrives: ${words}.` : `It arrives: ${words}. But ${warned.join('; ')}.`
}
