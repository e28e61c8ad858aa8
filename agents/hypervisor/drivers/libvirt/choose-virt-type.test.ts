import { expect, test } from 'vitest'
import { chooseVirtType, countFlagged } from './choose-virt-type.ts'

test('guests are emulated unless the processor has the flags and the probe ran', () => {
  expect(chooseVirtType({ flagged: 2, probeRan: true }).virtType).toBe('kvm')
  expect(chooseVirtType({ flagged: 2, probeRan: false }).virtType).toBe('qemu')
  expect(chooseVirtType({ flagged: 0, probeRan: true })).toEqual({ virtType: 'qemu', because: 'no processor of this host has vmx or svm' })
})

test('processors are counted line by line', () => {
  expect(countFlagged('flags\t\t: fpu vmx ssse3\nmodel\nflags\t\t: fpu svm\n')).toBe(2)
  expect(countFlagged('flags : fpu\n')).toBe(0)
})
