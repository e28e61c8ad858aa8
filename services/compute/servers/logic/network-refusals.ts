import { Refusal, type RefusalKind } from '@kilonova/platform/refusal.ts'
import type { Fault } from '@kilonova/platform/tasks/task.ts'

type Kinds = Readonly<Record<string, RefusalKind>>

/** Whatever a server cannot be made or changed with, whoever asks. */
const always: Kinds = {
  ExternalNetworkAttachForbidden: 'forbidden',
  NetworkAmbiguous: 'conflict',
  NetworkRequiresSubnet: 'invalid',
  NoUniqueMatch: 'conflict',
  OverQuota: 'over-quota',
  PortInUse: 'conflict',
  PortLimitExceeded: 'over-quota',
  PortNotUsable: 'invalid',
  PortRequiresFixedIP: 'invalid',
  SecurityGroupNotFound: 'invalid',
  UnableToAutoAllocateNetwork: 'invalid',
  InvalidIpForNetwork: 'invalid',
  InvalidIpForSubnet: 'invalid',
  IpAddressGenerationFailure: 'invalid',
}

/** What is not there is a bad request of those who make a server. */
const making: Kinds = { ...always, FixedIpAlreadyInUse: 'invalid', NetworkNotFound: 'invalid', PortNotFound: 'invalid' }

/** And not found by those who plug a cable into one. */
const attaching: Kinds = {
  ...always,
  ...{ FixedIpAlreadyInUse: 'conflict', IpAddressAlreadyAllocated: 'conflict', NetworkAmbiguous: 'invalid', NetworkNotFound: 'not-found' },
  PortNotFound: 'not-found',
}

const inWordsOf =
  (kinds: Kinds) =>
  (error: unknown): never => {
    const kind = error instanceof Refusal && error.code !== undefined ? kinds[error.code] : undefined
    if (!(error instanceof Refusal) || kind === undefined) throw error
    throw new Refusal(kind, error.message, { code: error.code ?? '', cause: error })
  }

/** The network service's refusals as Nova answers them to whoever makes a server. */
export const asMaking = inWordsOf(making)
/** And to whoever plugs one in. */
export const asAttaching = inWordsOf(attaching)

/** What a labour that was undone is answered with, where the network service said no. */
export function refusalOf(fault: Fault | undefined): Refusal | undefined {
  const kind = fault?.code === undefined ? undefined : attaching[fault.code]
  return kind && new Refusal(kind, fault?.message ?? '')
}
