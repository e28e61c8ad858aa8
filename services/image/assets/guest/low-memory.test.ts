import { expect, test } from 'vitest'
import { startingLow } from './low-memory.ts'

/** The parts of a kernel that are looked at: header fields, then the first instructions after two sectors. */
function aKernel(more = ''): Buffer {
  const code = Buffer.from(`fc81fb000000017305bb00000001039e4881fd00000001730748c7c5000000018b9e${more}`, 'hex')
  const kernel = Buffer.concat([Buffer.alloc(1024), code])
  kernel.writeUInt8(1, 0x1f1)
  kernel.writeUInt32LE(0x20_0000, 0x230)
  kernel.writeBigUInt64LE(0x100_0000n, 0x258)
  return kernel
}

test('a kernel that insists on 16 MB is made to start at 2 MB, wherever it says so', () => {
  const lowered = startingLow(aKernel())
  expect(lowered.subarray(1024).toString('hex')).toBe('fc81fb000020007305bb00002000039e4881fd00002000730748c7c5000020008b9e')
  expect(lowered.readBigUInt64LE(0x258)).toBe(0x20_0000n)
})

test('a kernel that says so more often than known is left as it is', () => {
  const strange = aKernel('81fb000000017305bb00000001')
  expect(startingLow(strange)).toBe(strange)
})
