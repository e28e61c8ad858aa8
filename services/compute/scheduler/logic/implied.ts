import type { ClaimAsk } from '../scheduler.ts'

/** What a flavor or an image asks of hosts in words of its own, said in placement's. */
export interface Implied {
  readonly resources: Readonly<Record<string, number>>
  readonly required: readonly string[]
}

/**
 * Devices and protection that few hosts have: they are asked for before a host is chosen, so that nobody gets a guest without what it
 * counts on, and an operator reads which host lacks what.
 */
export function impliedBy({ flavor: { extraSpecs }, image }: Pick<ClaimAsk, 'flavor' | 'image'>): Implied {
  const wish = (spec: string, property: string) => extraSpecs[spec] ?? image?.properties[property]
  const isYes = (word: string | undefined) => /^(1|t|true|on|y|yes)$/i.test(word ?? '')
  const tpm = wish('hw:tpm_version', 'hw_tpm_version')
  const format = wish('hw:ephemeral_encryption_format', 'hw_ephemeral_encryption_format')
  const isEncrypted = isYes(extraSpecs['hw:ephemeral_encryption']) || isYes(image?.properties['hw_ephemeral_encryption'])
  const isInMemory = isYes(extraSpecs['hw:mem_encryption']) || isYes(image?.properties['hw_mem_encryption'])
  const isSigned = [extraSpecs['os:secure_boot'], image?.properties['os_secure_boot']].includes('required')
  const isOfSocket = wish('hw:pci_numa_affinity_policy', 'hw_pci_numa_affinity_policy') === 'socket'
  return {
    resources: { ...(isInMemory ? { MEM_ENCRYPTION_CONTEXT: 1 } : {}), ...memories(extraSpecs['hw:pmem']) },
    required: [
      ...(isSigned ? ['COMPUTE_SECURITY_UEFI_SECURE_BOOT'] : []),
      ...(tpm === undefined ? [] : [tpm === '1.2' ? 'COMPUTE_SECURITY_TPM_1_2' : 'COMPUTE_SECURITY_TPM_2_0']),
      ...(isEncrypted ? ['COMPUTE_EPHEMERAL_ENCRYPTION'] : []),
      ...(isEncrypted && format !== undefined ? [`COMPUTE_EPHEMERAL_ENCRYPTION_${format.toUpperCase()}`] : []),
      ...(isOfSocket ? ['COMPUTE_SOCKET_PCI_NUMA_AFFINITY'] : []),
    ],
  }
}

/** `6GB,16GB,6GB`: persistent memories by their labels, each a class of its own. */
function memories(labels: string | undefined): Readonly<Record<string, number>> {
  const counted: Record<string, number> = {}
  for (const label of labels?.split(',').map(one => one.trim()) ?? []) {
    const name = `CUSTOM_PMEM_NAMESPACE_${label.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_')}`
    if (label !== '') counted[name] = (counted[name] ?? 0) + 1
  }
  return counted
}
