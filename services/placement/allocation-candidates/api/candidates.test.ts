import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, bench, uuidOf } from '../../kit.ts'

let at: Bench
let ask: Bench['ask']
const [one, two, numa, shared, zone] = [uuidOf(1), uuidOf(2), uuidOf(3), uuidOf(4), uuidOf(77)]

const make = async (
  uuid: string,
  inventories: object,
  { traits = [] as string[], aggregates = [] as string[], parent = undefined as string | undefined } = {},
) => {
  await ask('POST /resource_providers', { body: { name: uuid, uuid, ...(parent ? { parent_provider_uuid: parent } : {}) } })
  await ask(`PUT /resource_providers/${uuid}/inventories`, { body: { resource_provider_generation: 0, inventories } })
  await ask(`PUT /resource_providers/${uuid}/aggregates`, { body: { resource_provider_generation: 1, aggregates } })
  await ask(`PUT /resource_providers/${uuid}/traits`, { body: { resource_provider_generation: 2, traits } })
}
beforeEach(async () => {
  at = await bench()
  ask = at.ask
  await make(one, { VCPU: { total: 8 }, MEMORY_MB: { total: 100 } }, { traits: ['HW_CPU_X86_VMX'], aggregates: [zone] })
  await make(numa, { SRIOV_NET_VF: { total: 4 } }, { parent: one })
  await make(two, { VCPU: { total: 2 }, DISK_GB: { total: 50 } })
  await make(shared, { DISK_GB: { total: 1000 } }, { traits: ['MISC_SHARES_VIA_AGGREGATE'], aggregates: [zone] })
})
afterEach(() => at.close())

const find = async (query: string, version = '1.39') => (await ask(`GET /allocation_candidates?${query}`, { version })).body
const used = async (query: string, version?: string) =>
  (await find(query, version)).allocation_requests.map((each: { allocations: object }) => Object.keys(each.allocations).toSorted())

describe('a candidate', () => {
  test('says what to claim of whom, and whom that concerns', async () => {
    const { allocation_requests, provider_summaries } = await find('resources=VCPU:1,DISK_GB:10&limit=1')
    expect(allocation_requests).toEqual([
      { allocations: { [one]: { resources: { VCPU: 1 } }, [shared]: { resources: { DISK_GB: 10 } } }, mappings: { '': [one, shared] } },
    ])
    expect(Object.keys(provider_summaries).toSorted()).toEqual([one, numa, shared])
    expect(provider_summaries[one]).toEqual({
      resources: { VCPU: { capacity: 8, used: 0 }, MEMORY_MB: { capacity: 100, used: 0 } },
      traits: ['HW_CPU_X86_VMX'],
      parent_provider_uuid: null,
      root_provider_uuid: one,
    })
  })

  test('tells less in older versions', async () => {
    const { allocation_requests, provider_summaries } = await find('resources=VCPU:3', '1.10')
    expect(allocation_requests).toEqual([{ allocations: [{ resource_provider: { uuid: one }, resources: { VCPU: 3 } }] }])
    expect(provider_summaries).toEqual({ [one]: { resources: { VCPU: { capacity: 8, used: 0 } } } })
    expect((await ask('GET /allocation_candidates?resources=VCPU:1', { version: '1.9' })).status).toBe(404)
  })

  test('is gone as soon as somebody else has it', async () => {
    expect(await used('resources=VCPU:8')).toEqual([[one]])
    const body = { allocations: { [one]: { resources: { VCPU: 1 } } }, project_id: 'p', user_id: 'u' }
    await ask(`PUT /allocations/${uuidOf(50)}`, { body, version: '1.12' })
    expect(await used('resources=VCPU:8')).toEqual([])
    await ask(`DELETE /allocations/${uuidOf(50)}`)
    expect(await used('resources=VCPU:8')).toEqual([[one]])
  })
})

test.each<[string, readonly (readonly string[])[]]>([
  ['resources=VCPU:1', [[one], [two]]],
  ['resources=VCPU:1,SRIOV_NET_VF:1', [[one, numa]]],
  ['resources=VCPU:1&required=HW_CPU_X86_VMX', [[one]]],
  ['resources=VCPU:1&required=!HW_CPU_X86_VMX', [[two]]],
  ['resources=VCPU:1&required=in:HW_CPU_X86_VMX,HW_CPU_X86_AVX', [[one]]],
  [`resources=VCPU:1&member_of=${zone}`, [[one]]],
  [`resources=VCPU:1&member_of=!${zone}`, [[two]]],
  [`resources=VCPU:1&in_tree=${numa}`, [[one]]],
  ['resources=VCPU:1&root_required=!HW_CPU_X86_VMX', [[two]]],
  ['resources1=VCPU:1&resources2=SRIOV_NET_VF:1&group_policy=isolate', [[one, numa]]],
  ['resources_A=VCPU:1&resources_B=VCPU:1&group_policy=isolate', []],
  ['resources_A=VCPU:1&resources_B=VCPU:1&group_policy=none', [[one], [two]]],
  ['resources_A=VCPU:1&resources_B=SRIOV_NET_VF:1&group_policy=none&same_subtree=_A,_B', [[one, numa]]],
  ['resources_B=SRIOV_NET_VF:1&required_A=HW_CPU_X86_VMX&group_policy=none&same_subtree=_A,_B', [[numa]]],
  ['resources=CUSTOM_NONE:1', []],
])('asked for %s', async (query, expected) => {
  if (query.includes('CUSTOM_NONE')) await ask('PUT /resource_classes/CUSTOM_NONE')
  expect(await used(query)).toEqual(expected)
})

test('a query that is wrong is called one, and so is what it lacks', async () => {
  const detail = async (query: string, version?: string) => (await find(query, version)).errors[0].detail
  expect(await detail('resources=VCPU:1&colour=red')).toBe(
    "Invalid query string parameters: Additional properties are not allowed ('colour' was unexpected)",
  )
  expect(await detail('resources1=VCPU:1', '1.24')).toBe("Invalid query string parameters: 'resources' is a required property")
})

test('before 1.29 no two providers of one tree are used together', async () => {
  expect(await used('resources=VCPU:1,SRIOV_NET_VF:1', '1.28')).toEqual([])
  expect(await used('resources=VCPU:1,DISK_GB:10', '1.28')).toEqual([[one, shared], [two]])
})

test.each([
  ['', '1.39', 'placement.query.missing_value'],
  ['required=HW_CPU_X86_VMX', '1.35', undefined],
  ['resources=VCPU:1&required1=HW_CPU_X86_VMX', '1.39', 'placement.query.bad_value'],
  ['resources1=VCPU:1&resources2=VCPU:1', '1.39', undefined],
  ['resources_A=VCPU:1', '1.32', undefined],
  ['resources=VCPU:1&same_subtree=_A', '1.39', 'placement.query.bad_value'],
  ['resources=VCPU:1&root_required=A&root_required=B', '1.39', 'placement.query.duplicate_key'],
  ['resources=VCPU:1&root_required=HW_CPU_X86_VMX,!HW_CPU_X86_VMX', '1.39', 'placement.query.bad_value'],
  ['resources=VCPU:1&required=HW_CPU_X86_VMX,!HW_CPU_X86_VMX', '1.39', undefined],
  ['resources=VCPU:1&limit=0', '1.39', undefined],
  ['resources=VCPU:1&limit=1', '1.15', undefined],
  ['resources=NO_SUCH:1', '1.39', undefined],
  ['resources=VCPU:1&required=NO_SUCH', '1.39', undefined],
  ['resources=VCPU:1&in_tree=x', '1.39', undefined],
])('refuses %s in %s', async (query, version, code = 'placement.undefined_code') => {
  const { status, body } = await ask(`GET /allocation_candidates?${query}`, { version })
  expect([status, body.errors[0].code ?? 'placement.undefined_code']).toEqual([400, code])
})
