import { Refusal } from '@kilonova/platform/refusal.ts'
import { type Wishes, wholeNumber } from './wishes.ts'

export interface Topology {
  readonly sockets: number
  readonly cores: number
  readonly threads: number
}

const parts = ['sockets', 'cores', 'threads'] as const

/** How the guest's processors seem to be built: sockets before cores before threads, as near to what is preferred as the limits allow. */
export function topologyOf(vcpus: number, wishes: Wishes): Topology {
  const { most, preferred } = topologyWishOf(wishes)
  const limits = each(part => Math.min(vcpus, most[part]))
  const nearness = (one: Topology) => parts.filter(part => preferred[part] > 0 && preferred[part] === one[part]).length
  const best = topologies(vcpus, limits).toSorted((a, b) => nearness(b) - nearness(a))[0]
  if (!best) {
    const { sockets, cores, threads } = limits
    throw new Refusal('invalid', `Requested vCPU limits ${sockets}:${cores}:${threads} are impossible to satisfy for vcpus count ${vcpus}`)
  }
  return best
}

/** 0 of what is preferred: no matter. */
export interface TopologyWish {
  readonly most: Topology
  readonly preferred: Topology
}

/** More than anybody asks for. */
const noLimit = 65_536

/** An image may lower the limits of the flavor and choose within them; what it prefers takes the place of all that the flavor prefers. */
export function topologyWishOf(wishes: Wishes): TopologyWish {
  const numbers = (say: (part: keyof Topology) => string, read: (name: string) => string | undefined): Topology =>
    each(part => wholeNumber(read(say(part)), say(part)) ?? 0)
  // Nova reads the first name and lets only the second be written.
  const limitsOfFlavor = numbers(
    part => `hw:cpu_max_${part}`,
    name => wishes.spec(name) ?? wishes.spec(name.replace('cpu_max', 'max_cpu')),
  )
  const limitsOfImage = numbers(part => `hw_cpu_max_${part}`, wishes.property)
  const ofFlavor = numbers(part => `hw:cpu_${part}`, wishes.spec)
  const ofImage = numbers(part => `hw_cpu_${part}`, wishes.property)
  if (parts.some(part => limitsOfFlavor[part] > 0 && limitsOfImage[part] > limitsOfFlavor[part]))
    throw new Refusal(
      'invalid',
      `Image vCPU topology limits (${inWords(limitsOfImage)}) exceeds the limits of the flavor (${inWords(limitsOfFlavor)})`,
    )
  const most = each(part => limitsOfImage[part] || limitsOfFlavor[part] || noLimit)
  const exceeds = (one: Topology) => parts.some(part => one[part] > most[part])
  if (exceeds(ofImage))
    throw new Refusal('invalid', `Image vCPU topology (${inWords(ofImage)}) exceeds the limits of the flavor or image (${inWords(most)})`)
  if (parts.some(part => ofImage[part] > 0)) return { most, preferred: ofImage }
  return { most, preferred: exceeds(ofFlavor) ? each(() => 0) : ofFlavor }
}

const each = (number: (part: keyof Topology) => number): Topology => ({
  sockets: number('sockets'),
  cores: number('cores'),
  threads: number('threads'),
})

const inWords = ({ sockets, cores, threads }: Topology): string => `sockets=${sockets}, cores=${cores}, threads=${threads}`

/** All that give the count within the limits, few threads first, then many sockets. */
function topologies(vcpus: number, most: Topology): Topology[] {
  const found: Topology[] = []
  for (let threads = 1; threads <= Math.min(vcpus, most.threads); threads++) {
    if (vcpus % threads !== 0) continue
    const left = vcpus / threads
    for (let sockets = Math.min(left, most.sockets); sockets >= 1; sockets--) {
      if (left % sockets === 0 && left / sockets <= most.cores) found.push({ sockets, cores: left / sockets, threads })
    }
  }
  return found
}
