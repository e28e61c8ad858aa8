/**
 * Lets a Debian kernel start in 64 MB, the memory of the smallest flavor people make.
 *
 * A compressed kernel unpacks itself at 16 MB or above and needs 54 MB from there. It is relocatable and runs as well from 2 MB, its
 * own alignment; only its first instructions insist on 16. They compare and set that address in four places, and the header names it
 * once more for the boot loader. A kernel in which these places are not found exactly so is left as it is: it needs 80 MB then.
 *
 * What the kernel makes for itself before the guest's own init must fit as well: the command line leaves out 9 MB of lists for tracing,
 * the types that only the BPF side of TCP cubic asks for (Reno is used instead), and the self-tests of the ciphers.
 */
export const lowMemoryCommandLine =
  'initcall_blacklist=tracer_init_tracefs,cubictcp_register cryptomgr.notests audit=0 transparent_hugepage=never'

const usual = 0x100_0000
const low = 0x20_0000
const preferredAddress = 0x258

export function startingLow(kernel: Buffer): Buffer {
  const places = [
    ...find(kernel, '81fb 00000001 7305 bb', 2), // cmp ebx, usual; jae over
    ...find(kernel, '7305 bb 00000001', 3), //      mov ebx, usual
    ...find(kernel, '4881fd 00000001 7307 48c7c5', 3), // the same in 64 bits with rbp
    ...find(kernel, '7307 48c7c5 00000001', 5),
  ]
  const alignment = kernel.readUInt32LE(0x230)
  const expected = kernel.readBigUInt64LE(preferredAddress) === BigInt(usual) && alignment === low && places.length === 4
  if (!expected) return kernel
  const lowered = Buffer.from(kernel)
  for (const place of places) lowered.writeUInt32LE(low, place)
  lowered.writeBigUInt64LE(BigInt(low), preferredAddress)
  return lowered
}

/** Where the address stands in each occurrence of a pattern, among the kernel's first instructions. */
function find(kernel: Buffer, pattern: string, offset: number): number[] {
  const setupSectors = kernel.readUInt8(0x1f1) || 4
  const begin = (setupSectors + 1) * 512
  const code = kernel.subarray(begin, begin + 0x1000)
  const wanted = Buffer.from(pattern.replaceAll(' ', ''), 'hex')
  const places: number[] = []
  for (let at = code.indexOf(wanted); at >= 0; at = code.indexOf(wanted, at + 1)) places.push(begin + at + offset)
  return places
}
