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
  const numbers = (image: string, flavor: string, otherwise: number): Topology => {
    const number = (part: keyof Topology) =>
      wholeNumber(wishes.either(`${image}${part}`, `${flavor}${part}`), `${flavor}${part}`, 1) ?? otherwise
    return { sockets: number('sockets'), cores: number('cores'), threads: number('threads') }
  }
  const most = numbers('hw_cpu_max_', 'hw:cpu_max_', vcpus)
  const preferred = numbers('hw_cpu_', 'hw:cpu_', 0)
  const possible = topologies(vcpus, most)
  const nearness = (one: Topology) => parts.filter(part => preferred[part] > 0 && preferred[part] === one[part]).length
  const best = possible.toSorted((a, b) => nearness(b) - nearness(a))[0]
  if (!best) {
    const limits = `${Math.min(vcpus, most.sockets)}:${Math.min(vcpus, most.cores)}:${Math.min(vcpus, most.threads)}`
    throw new Refusal('invalid', `Requested vCPU limits ${limits} are impossible to satisfy for vcpus count ${vcpus}`)
  }
  return best
}

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
