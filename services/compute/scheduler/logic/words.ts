import type { ObjectionKind, Refused, Request } from '../scheduler/request.ts'

/** What an owner is told of hosts against which the same speaks: how many, and what was wanted. Never which, nor what they have. */
type Words = (request: Request) => readonly [one: string, several: string]

const same =
  (one: string, several: string): Words =>
  () => [one, several]

// biome-ignore format: a table
const words: Readonly<Record<ObjectionKind, Words>> = {
  memory:       ({ flavor }) => [`has too little free memory for ${flavor.memoryMb} MiB`, `have too little free memory for ${flavor.memoryMb} MiB`],
  processors:   ({ flavor }) => [`has too few free processors for ${flavor.vcpus}`, `have too few free processors for ${flavor.vcpus}`],
  disk:         ({ flavor, image }) => {
    const gib = (image ? flavor.diskGb : 0) + flavor.ephemeralGb + Math.ceil(flavor.swapMb / 1024)
    return [`has too little free disk for ${gib} GiB`, `have too little free disk for ${gib} GiB`]
  },
  resource:     same('has too little of what the flavor asks for besides', 'have too little of what the flavor asks for besides'),
  trait:        same('has not the traits that flavor or image ask for', 'have not the traits that flavor or image ask for'),
  disabled:     same('is disabled by an operator', 'are disabled by an operator'),
  down:         same('is down', 'are down'),
  zone:         ({ zone }) => [`is not in the availability zone ${zone}`, `are not in the availability zone ${zone}`],
  isolated:     same('is kept for others', 'are kept for others'),
  aggregate:    same('is in no aggregate that fits', 'are in no aggregate that fits'),
  apart:        same('has servers of the group already, which shall be apart', 'have servers of the group already, which shall be apart'),
  together:     same('is not where the servers of the group are', 'are not where the servers of the group are'),
  image:        same('cannot run the image, by its properties', 'cannot run the image, by its properties'),
  capabilities: same('cannot what the flavor’s extra specs say', 'cannot what the flavor’s extra specs say'),
  hint:         same('does not meet the scheduler hints', 'do not meet the scheduler hints'),
  busy:         same('is too busy', 'are too busy'),
  crowded:      same('has as many servers as it may', 'have as many servers as they may'),
  named:        same('is not the one that was asked for', 'are not the one that was asked for'),
  topology:     same('has not the processor topology that is asked for', 'have not the processor topology that is asked for'),
  devices:      same('gives no devices through', 'give no devices through'),
  rule:         same('does not suit a rule of this cloud', 'do not suit a rule of this cloud'),
  taken:        same('was taken by others meanwhile', 'were taken by others meanwhile'),
  absent:       same('has not told what it has', 'have not told what they have'),
}

const begins = 'No valid host was found.'

/** Why there is no host, for the owner: `No valid host was found. Of 3 hosts 2 have too little free memory for 2048 MiB, and 1 is disabled…` */
export function ownerSentence(request: Request, refused: readonly Refused[]): string {
  if (refused.length === 0) return `${begins} There are not enough hosts available.`
  const kinds = [...Map.groupBy(refused, ({ objection }) => objection.kind)].toSorted(([, a], [, b]) => b.length - a.length)
  if (refused.length === 1) return `${begins} The only host ${kinds.map(([kind]) => words[kind](request)[0]).join()}.`
  const parts = kinds.map(([kind, { length }]) => `${length} ${words[kind](request)[length === 1 ? 0 : 1]}`)
  const [last = '', ...before] = parts.toReversed()
  const list = before.length === 0 ? last : `${before.toReversed().join(', ')} and ${last}`
  const all = kinds.length === 1 ? `All ${list}` : `Of ${refused.length} hosts ${list}`
  return `${begins} ${all}.`
}

/** As many hosts as an operator reads in a fault; the decision itself keeps more. */
const named = 50

/** The same for operators: each host with what spoke against it first, and the numbers. */
export function operatorLines(refused: readonly Refused[]): string {
  const lines = refused.slice(0, named).map(({ host, objection: { from, says } }) => `${host}: ${from}: ${says}`)
  if (refused.length > named) lines.push(`… and ${refused.length - named} more`)
  return lines.join('\n')
}
