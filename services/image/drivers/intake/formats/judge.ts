import type { Format, Found } from './found.ts'

export interface FormatRules {
  readonly mustMatch: boolean
  /** Data of at most so many bytes that is of no known format is taken as declared. */
  readonly unrecognizedLimit: number
  readonly maxVirtualBytes: number
  readonly vmdkTypes: readonly string[]
}

/** Containers whose data is the disk itself; what is inside others is not looked into. */
const openContainers = ['bare', 'ami', 'aki', 'ari']

/** What data may be when it was declared to be one of these; nothing said means: anything that is not dangerous. */
const fitting: Readonly<Record<string, readonly Format[]>> = {
  qcow2: ['qcow2'],
  vmdk: ['vmdk'],
  vdi: ['vdi'],
  vhd: ['vhd'],
  vhdx: ['vhdx'],
  iso: ['iso'],
  // An installation medium may be written to a disk as it is, and a fixed VHD is a raw disk to anybody who does not look at its end.
  raw: ['partitioned', 'iso', 'luks', 'unknown'],
}

/**
 * Why data must not be taken as what it was declared to be, in words for its sender. Data in disguise is what matters: a host that believed
 * a raw disk, and then found a qcow2 in it that names a file, would show that file to a guest.
 */
export function judge(
  found: Found,
  declared: { readonly diskFormat: string; readonly containerFormat: string },
  rules: FormatRules,
  total: number | undefined,
): string | undefined {
  if (!openContainers.includes(declared.containerFormat)) return undefined
  const [danger] = found.dangers
  if (danger !== undefined) return `Image content is ${nameOf(found)}, which failed the safety check: ${danger}.`
  const isUnknownVmdk = found.format === 'vmdk' && !rules.vmdkTypes.includes(found.createType ?? '')
  if (isUnknownVmdk) return `Image content is vmdk of the type ${found.createType ?? 'that it does not say'}, which is not allowed here.`
  if (found.virtualSizeBytes !== null && found.virtualSizeBytes > rules.maxVirtualBytes)
    return `The disk would have ${found.virtualSizeBytes} bytes when unpacked; ${rules.maxVirtualBytes} at most are allowed.`
  return rules.mustMatch ? mismatch(found, declared.diskFormat, rules, total) : undefined
}

function mismatch(found: Found, diskFormat: string, { unrecognizedLimit }: FormatRules, total: number | undefined): string | undefined {
  const fits = fitting[diskFormat]
  if (!fits || fits.includes(found.format)) return undefined
  const isFormless = found.format === 'unknown' || found.format === 'partitioned'
  // A fixed VHD shows what it is only at its end.
  if (isFormless && diskFormat === 'vhd' && total === undefined) return undefined
  // NOTE: what is smaller than any disk cannot be one: clients (Tempest among them) upload a few random bytes under every format's name.
  if (isFormless && total !== undefined && total <= unrecognizedLimit) return undefined
  return `Image content is ${nameOf(found)}, but disk_format was declared to be ${diskFormat}.`
}

const nameOf = ({ format }: Found) => (format === 'unknown' ? 'of no known format' : format === 'partitioned' ? 'a raw disk' : format)
