import type { Viewer } from '../../listings/listing.ts'
import type { Network } from '../../networks/network/network.ts'
import { refuseConflict, refuseInput, refuseInvalid } from '../../refusals/refusal.ts'
import type { Transaction } from '../../tables.ts'
import type { PairWish, PortChange } from '../port/attributes.ts'
import { type AddressPair, isTrusted, type Port } from '../port/port.ts'

/** The groups that ports are in. */
export interface Groups {
  /** The project's default group, made when there is none yet. */
  usualOf(tx: Transaction, projectId: string): Promise<string>
  mustExist(tx: Transaction, ids: readonly string[], viewer: Viewer): Promise<void>
}

export type Guarded = Pick<Port, 'portSecurityEnabled' | 'securityGroups' | 'allowedAddressPairs'>

interface Asked {
  readonly tx: Transaction
  readonly viewer: Viewer
  readonly groups: Groups
  readonly mostPairs: number
}

/** What guards a port that is new: the network says whether, the project's default group how, unless the wish says otherwise. */
export async function guardOf(
  wish: PortChange & { readonly projectId?: string | undefined; readonly deviceOwner?: string | undefined },
  { network, macAddress, hasAddress }: { network: Network; macAddress: string; hasAddress: boolean },
  { tx, viewer, groups, mostPairs }: Asked,
): Promise<Guarded> {
  const { securityGroups, portSecurityEnabled } = wish
  const isOn =
    !isTrusted(wish.deviceOwner ?? '') &&
    (portSecurityEnabled ?? ((hasAddress && securityGroups !== undefined) || network.portSecurityEnabled))
  if (!isOn && (securityGroups?.length ?? 0) > 0) refuseGroups()
  const allowedAddressPairs = pairsOf(wish.allowedAddressPairs ?? [], macAddress, mostPairs)
  if (!isOn && allowedAddressPairs.length > 0) refusePairs()
  if (securityGroups) await groups.mustExist(tx, securityGroups, viewer)
  const usual = isOn && securityGroups === undefined && wish.projectId ? [await groups.usualOf(tx, wish.projectId)] : []
  return { portSecurityEnabled: isOn, securityGroups: securityGroups ?? usual, allowedAddressPairs }
}

export async function changedGuard(port: Port, change: PortChange, { tx, viewer, groups, mostPairs }: Asked): Promise<Guarded> {
  const portSecurityEnabled = change.portSecurityEnabled ?? port.portSecurityEnabled
  const securityGroups = change.securityGroups ?? port.securityGroups
  const macAddress = change.macAddress || port.macAddress
  const allowedAddressPairs = change.allowedAddressPairs
    ? pairsOf(change.allowedAddressPairs, macAddress, mostPairs)
    : port.allowedAddressPairs
  if (!portSecurityEnabled) {
    if (change.securityGroups && change.securityGroups.length > 0) refuseGroups()
    if (securityGroups.length > 0)
      refuseConflict(
        'PortSecurityPortHasSecurityGroup',
        'Port has security group associated. Cannot disable port security or IP address until security group is removed.',
      )
    if (allowedAddressPairs.length > 0) refusePairs()
  }
  if (change.securityGroups) await groups.mustExist(tx, change.securityGroups, viewer)
  return { portSecurityEnabled, securityGroups, allowedAddressPairs }
}

function pairsOf(wishes: readonly PairWish[], macAddress: string, most: number): readonly AddressPair[] {
  if (wishes.length > most) refuseInvalid('AllowedAddressPairExhausted', `The number of allowed address pair exceeds the maximum ${most}.`)
  return wishes.map(pair => ({ ipAddress: pair.ipAddress, macAddress: pair.macAddress ?? macAddress }))
}

const refuseGroups = (): never =>
  refuseInput(
    'Port security must be enabled and port must have an IP address in order to use security groups',
    'PortSecurityAndIPRequiredForSecurityGroups',
  )
const refusePairs = (): never =>
  refuseConflict('AddressPairAndPortSecurityRequired', 'Port Security must be enabled in order to have allowed address pairs on a port.')
