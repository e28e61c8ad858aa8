import { Refusal } from '@kilonova/platform/refusal.ts'
import { isLibvirt } from './domains.ts'
import { ConnectionLost, LibvirtError } from './rpc/errors.ts'
import { errorCodes } from './rpc/procedures.ts'
import { RunFailed } from './run.ts'

/**
 * What goes wrong on a host, as its guest's owner may hear it: whether the host lacks something, the network could not be set up, or the guest
 * asks for what this hypervisor does not take. The hypervisor's own sentence is for those who run the cloud.
 */
export function inWords(error: unknown): unknown {
  if (error instanceof Refusal) return error
  if (error instanceof ConnectionLost) return new Refusal('unavailable', 'The hypervisor does not answer.', { cause: error })
  if (error instanceof LibvirtError) return isLibvirt(error, errorCodes.noDomain) ? error : refusal(reasonIn(error.message), error)
  if (error instanceof RunFailed) return refusal(/No space left/i.test(error.message) ? 'resources' : 'disks', error)
  if (isErrno(error, 'ENOSPC', 'EDQUOT')) return refusal('resources', error)
  return error
}

type Reason = 'resources' | 'network' | 'disks' | 'configuration'

const sentences: Readonly<Record<Reason, string>> = {
  resources: 'The host lacks resources for this guest.',
  network: 'The network of this guest could not be set up on the host.',
  disks: 'The disks of this guest could not be made on the host.',
  configuration: 'The hypervisor does not take the configuration of this guest.',
}

const refusal = (reason: Reason, error: Error): Refusal =>
  new Refusal('conflict', sentences[reason], { cause: error, extra: { reason, details: error.message } })

/** libvirt has one code for nearly everything QEMU complains of; its words tell more. */
function reasonIn(words: string): Reason {
  if (
    /allocate memory|set up guest memory|locked memory|hugetlbfs|huge ?page|No space left|Too many open files|not enough|Insufficient/i.test(
      words,
    )
  )
    return 'resources'
  if (/\b(tap|bridge|interface|network|tc|MTU|netdev|vhost)\b/i.test(words)) return 'network'
  if (/Could not open '|block|image is not in|Failed to get .* lock/i.test(words)) return 'disks'
  return 'configuration'
}

const isErrno = (error: unknown, ...codes: readonly string[]): error is Error =>
  error instanceof Error && codes.includes((error as NodeJS.ErrnoException).code ?? '')

/** The same thing, whose promises are rejected with words. */
export function speaking<Thing extends object>(thing: Thing): Thing {
  const say = (error: unknown): never => {
    throw inWords(error)
  }
  return new Proxy(thing, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      return (...all: unknown[]) => {
        const result: unknown = Reflect.apply(member, target, all)
        return result instanceof Promise ? result.catch(say) : result
      }
    },
  })
}
