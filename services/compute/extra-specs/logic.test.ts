import { expect, test } from 'vitest'
import { checkExtraSpecs } from './logic.ts'

const said = (name: string, value: string): string | undefined => {
  try {
    checkExtraSpecs({ [name]: value })
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  return undefined
}

test('what Nova knows is taken, and so is whatever is in no namespace of Nova’s', () => {
  const fine = {
    'hw:cpu_policy': 'dedicated',
    'hw:numa_mem.0': '512',
    'resources1:CUSTOM_GOLD': '2',
    'trait_x:HW_CPU_X86_AVX2': 'required',
  }
  expect(() =>
    checkExtraSpecs({ ...fine, 'capabilities:cpu_info:arch': '<in> x86', 'hw:mem_page_size': '2MB', mine: 'x', 'my:own': 'y' }),
  ).not.toThrow()
})

test('a name that only looks like one of Nova’s is refused', () => {
  expect(said('hw:numa_node', '1')).toBe("Validation failed; extra spec 'hw:numa_node' does not appear to be a valid extra spec.")
  expect(said('quota:disc_read_iops_sec', '1')).toMatch(/does not appear to be a valid extra spec/)
})

test('a value is of the kind its name takes', () => {
  expect(said('hw:cpu_policy', 'invalid')).toBe("Validation failed; 'invalid' is not one of: dedicated, shared, mixed.")
  expect(said('hw:numa_nodes', 'one')).toBe("Validation failed; 'one' is not a valid integer value.")
  expect(said('hw:numa_nodes', '0')).toBe("Validation failed; '0' is less than the min value of '1'.")
  expect(said('os:monitors', '9')).toBe("Validation failed; '9' is greater than the max value of '8'.")
  expect(said('hw:boot_menu', 'maybe')).toBe("Validation failed; 'maybe' is not a valid boolean-like value.")
  expect(said('hw:cpu_dedicated_mask', 'x')).toMatch(/is not of the format/)
  expect(said('trait:HW_NUMA_ROOT', 'wanted')).toMatch(/is not one of: required, forbidden/)
})
