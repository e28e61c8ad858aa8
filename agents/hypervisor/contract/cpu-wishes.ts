import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Guest } from './guest.ts'
import { cpuSet, type Wishes, wishesOf } from './wishes.ts'

/** What of a guest says how its processors and memory are to be. */
export type Sized = Pick<Guest, 'vcpus' | 'memoryMb' | 'extraSpecs' | 'imageProperties'>

const policies = ['dedicated', 'shared', 'mixed'] as const
const threadPolicies = ['prefer', 'isolate', 'require'] as const
const emulatorPolicies = ['isolate', 'share'] as const

/** How a guest's processors are to be the host's. */
export interface CpuWishes {
  readonly policy: (typeof policies)[number]
  /** The guest's processors that get one of the host's each. */
  readonly dedicated: ReadonlySet<number>
  readonly threads: (typeof threadPolicies)[number]
  /** Where the rest of the machine that runs the guest runs: on one of the host's processors more, or where everything shares. */
  readonly emulator: (typeof emulatorPolicies)[number] | undefined
}

/** Refuses what contradicts itself. What the flavor says binds the image: it may choose, or ask for less. */
export function cpuWishesOf(sized: Sized): CpuWishes {
  const wishes = wishesOf(sized)
  const named = policyOf(wishes)
  const amounts = processorsAskedFor(sized)
  refuseTwoWays(sized, amounts, named)
  const policy = amounts.PCPU > 0 ? 'dedicated' : (named ?? 'shared')
  const threads = threadPolicyOf(wishes, sized)
  const emulator = known(wishes.spec('hw:emulator_threads_policy'), emulatorPolicies, 'CPU emulator threads option requested is invalid,')
  const mask = maskOf(sized, wishes)
  if (policy === 'shared' && threads !== undefined)
    throw new Refusal('invalid', 'Cannot set cpu thread pinning policy in a non dedicated cpu pinning policy')
  if (policy === 'shared' && emulator === 'isolate')
    throw new Refusal('invalid', 'An isolated CPU emulator threads option requires a dedicated CPU policy option.')
  if (policy !== 'mixed' && mask !== undefined)
    throw new Refusal('invalid', "Cannot specify 'hw:cpu_dedicated_mask' without the 'mixed' policy.")
  if (policy === 'mixed' && mask === undefined)
    throw new Refusal(
      'invalid',
      "Dedicated CPU set can be specified from either 'hw:cpu_dedicated_mask' or 'hw:cpu_realtime_mask' when using 'mixed' CPU policy. 'hw:cpu_dedicated_mask' and 'hw:cpu_realtime_mask' can not be specified at the same time, or be specified with none of them.",
    )
  const all = Array.from({ length: sized.vcpus }, (_, cpu) => cpu)
  return { policy, dedicated: new Set(policy === 'dedicated' ? all : mask), threads: threads ?? 'prefer', emulator }
}

/** How many of the host's processors a guest takes for itself, and how many it shares. One that contradicts itself is older than its refusal, and shares. */
export function processorsOf(sized: Sized): { readonly VCPU: number; readonly PCPU: number } {
  const wishes = wishesIfTheyAgree(sized)
  if (wishes === undefined || wishes.policy === 'shared') return { VCPU: sized.vcpus, PCPU: 0 }
  const { dedicated, emulator } = wishes
  return { VCPU: sized.vcpus - dedicated.size, PCPU: dedicated.size + (emulator === 'isolate' ? 1 : 0) }
}

function wishesIfTheyAgree(sized: Sized): CpuWishes | undefined {
  try {
    return cpuWishesOf(sized)
  } catch (error) {
    if (error instanceof Refusal) return undefined
    throw error
  }
}

function policyOf(wishes: Wishes): CpuWishes['policy'] | undefined {
  const words = (source: string) => `CPU policy requested from '${source}' is invalid,`
  const ofFlavor = known(wishes.spec('hw:cpu_policy'), policies, words('flavor extra specs'))
  const ofImage = known(wishes.property('hw_cpu_policy'), policies, words('image properties'))
  const isMore =
    (ofFlavor === 'mixed' && ofImage === 'dedicated') || (ofFlavor === 'shared' && ofImage !== undefined && ofImage !== 'shared')
  if (isMore)
    throw new Refusal('invalid', "Image property 'hw_cpu_policy' is not permitted to override CPU pinning policy set against the flavor")
  return ofFlavor ?? ofImage
}

function threadPolicyOf(wishes: Wishes, { extraSpecs = {} }: Sized): CpuWishes['threads'] | undefined {
  const words = (source: string) => `CPU thread policy requested from '${source}' is invalid,`
  const ofFlavor = known(wishes.spec('hw:cpu_thread_policy'), threadPolicies, words('flavor extra specs'))
  const ofImage = known(wishes.property('hw_cpu_thread_policy'), threadPolicies, words('image properties'))
  if (ofFlavor !== undefined && ofFlavor !== 'prefer' && ofImage !== undefined && ofImage !== ofFlavor)
    throw new Refusal(
      'invalid',
      "Image property 'hw_cpu_thread_policy' is not permitted to override CPU thread pinning policy set against the flavor",
    )
  const policy = ofFlavor === undefined || ofFlavor === 'prefer' ? (ofImage ?? ofFlavor) : ofFlavor
  const trait = Object.entries(extraSpecs).find(([name]) => /^trait([1-9]\d*)?:HW_CPU_HYPERTHREADING$/.test(name))?.[1]
  const threading = trait ?? wishes.property('trait:HW_CPU_HYPERTHREADING')
  if (policy !== undefined && threading !== undefined)
    throw new Refusal(
      'invalid',
      "It is not possible to use the 'trait:HW_CPU_HYPERTHREADING' extra spec in combination with the 'hw:cpu_thread_policy' extra spec or 'hw_cpu_thread_policy' image metadata property; use one or the other",
    )
  return threading === 'forbidden' ? 'isolate' : threading === 'required' ? 'require' : policy
}

function maskOf({ vcpus }: Sized, wishes: Wishes): ReadonlySet<number> | undefined {
  const text = wishes.spec('hw:cpu_dedicated_mask')?.trim()
  if (!text) return undefined
  const mask = new Set(cpuSet(text.startsWith('^') ? `0-${vcpus - 1},${text}` : text, 'hw:cpu_dedicated_mask'))
  if ([...mask].some(cpu => cpu >= vcpus))
    throw new Refusal(
      'invalid',
      'Mixed instance dedicated vCPU(s) mask is not a subset of vCPUs in the flavor. See "hw:cpu_dedicated_mask"',
    )
  if (mask.size === 0 || mask.size === vcpus)
    throw new Refusal('invalid', "Mixed instance must have at least 1 pinned vCPU and 1 unpinned vCPU. See 'hw:cpu_dedicated_mask'.")
  return mask
}

type Amounts = Readonly<Record<'VCPU' | 'PCPU', number>>

/** What is asked for by the names of placement's classes. */
function processorsAskedFor({ extraSpecs = {} }: Sized): Amounts {
  const sum = (name: string) =>
    Object.entries(extraSpecs)
      .filter(([key]) => new RegExp(`^resources([1-9]\\d*)?:${name}$`).test(key))
      .reduce((total, [, amount]) => total + (Number.parseInt(amount, 10) || 0), 0)
  return { VCPU: sum('VCPU'), PCPU: sum('PCPU') }
}

function refuseTwoWays({ vcpus, extraSpecs = {} }: Sized, { VCPU, PCPU }: Amounts, policy: string | undefined): void {
  const isIsolated = extraSpecs['hw:emulator_threads_policy'] === 'isolate'
  if (policy !== undefined && VCPU + PCPU > 0)
    throw new Refusal(
      'invalid',
      "It is not possible to use the 'resources:VCPU' or 'resources:PCPU' extra specs in combination with the 'hw:cpu_policy' extra spec or 'hw_cpu_policy' image metadata property; use one or the other",
    )
  if (VCPU > 0 && PCPU > 0)
    throw new Refusal(
      'invalid',
      "It is not possible to specify both 'resources:VCPU' and 'resources:PCPU' extra specs; use one or the other",
    )
  if (PCPU > 0 && isIsolated && PCPU !== vcpus + 1)
    throw new Refusal(
      'invalid',
      "You have requested 'hw:emulator_threads_policy=isolate' but have not requested sufficient PCPUs to handle this policy; you must allocate exactly flavor.vcpus + 1 PCPUs.",
    )
  if (PCPU > 0 && !isIsolated && PCPU !== vcpus)
    throw new Refusal(
      'invalid',
      "There is a mismatch between the number of PCPUs requested via 'resourcesNN:PCPU' and the flavor); you must allocate exactly flavor.vcpus PCPUs",
    )
}

function known<const W extends readonly string[]>(word: string | undefined, words: W, about: string): W[number] | undefined {
  if (word === undefined || word === '') return undefined
  const found = words.find(each => each === word)
  if (found === undefined) throw new Refusal('invalid', `${about} given: '${word}', available: '${words.join(', ')}'.`)
  return found
}
