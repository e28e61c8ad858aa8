import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aServer, cause, theImage } from '../../kit.ts'
import { anAsk, type HostWish, type SchedulerBench, schedulerBench } from '../kit.ts'

let at: SchedulerBench
const open = async (hosts: readonly HostWish[], ...flags: readonly string[]) => {
  at = await schedulerBench(hosts, ...flags)
}
beforeEach(() => open([{ host: 'host1' }, { host: 'host2' }]))
afterEach(() => at.close())
const reopen = async (...more: Parameters<typeof open>) => {
  await at.close()
  await open(...more)
}

const claim = (...wish: Parameters<typeof anAsk>) => at.scheduling.claim(anAsk(...wish), cause)
const held = async (n: number) => (await at.placement.held([aServer(n).id], cause))[0]
/** Claims, and lets the server run where it was put. */
const boot = async (...wish: Parameters<typeof anAsk>) => {
  const { host } = await claim(...wish)
  await at.insert(aServer(wish[0], { vmState: 'active', taskState: null, host, launchedAt: '2026-01-01T00:00:00.000Z' }))
  return host
}

describe('a claim', () => {
  test('holds the flavor’s sizes on the host with the most left, so two servers land on two hosts', async () => {
    const first = await boot(1)
    const second = await boot(2)
    expect([first, second].toSorted()).toEqual(['host1', 'host2'])
    expect(Object.values((await held(1))?.allocations ?? {})).toEqual([{ VCPU: 1, MEMORY_MB: 512, DISK_GB: 1 }])
    expect(await held(1)).toMatchObject({ type: 'INSTANCE', projectId: 'p-demo', userId: 'u-m' })
  })

  test('that is made again finds itself', async () => {
    const first = await claim(1)
    expect(await claim(1)).toEqual(first)
    expect(await claim(1, { ignoredHosts: [first.host] })).not.toEqual(first)
  })

  test('is given back, and may be given back again', async () => {
    await claim(1)
    await at.scheduling.release(aServer(1).id, cause)
    await at.scheduling.release(aServer(1).id, cause)
    expect(await held(1)).toBeUndefined()
  })

  test('moves to a migration and back whole', async () => {
    const [server, migration] = [aServer(1).id, aServer(99).id]
    const { host } = await claim(1)
    await at.scheduling.moveClaim(server, migration, cause)
    await at.scheduling.moveClaim(server, migration, cause)
    expect([await held(1), (await held(99))?.type]).toEqual([undefined, 'MIGRATION'])
    await claim(1, { flavor: { memoryMb: 1024 }, ignoredHosts: [host] })
    await at.scheduling.moveClaim(migration, server, cause)
    expect(Object.values((await held(1))?.allocations ?? {})).toEqual([{ VCPU: 1, MEMORY_MB: 512, DISK_GB: 1 }])
    expect([await held(99), (await held(1))?.type]).toEqual([undefined, 'INSTANCE'])
  })

  test('of a server that starts from a volume takes no root disk, and extra specs have the last word', async () => {
    await claim(1, { image: undefined, flavor: { extraSpecs: { 'resources:VCPU': '0', 'resources:MEMORY_MB': '100' }, swapMb: 1025 } })
    expect(Object.values((await held(1))?.allocations ?? {})).toEqual([{ MEMORY_MB: 100, DISK_GB: 2 }])
  })
})

describe('a rehearsal says how many more there is room for', () => {
  const fits = async (...wish: Parameters<typeof anAsk>) => {
    const { headroom } = await at.scheduling.rehearse(anAsk(...wish), cause)
    return [headroom.inAll, Object.fromEntries(headroom.onHosts)]
  }

  test('on each host and in all, and so many there are then', async () => {
    await claim(1, { host: 'host1' })
    expect(await fits(2, { flavor: { memoryMb: 1024 } })).toEqual([7, { host1: 3, host2: 4 }])
    for (let n = 2; n < 9; n++) await claim(n, { flavor: { memoryMb: 1024 } })
    expect(await fits(9, { flavor: { memoryMb: 1024 } })).toEqual([0, {}])
  })

  test('which is as many as the rules of a group let together, or apart', async () => {
    const groupOf = (policy: string, rules = {}) => at.groups.create({ name: policy, projectId: 'p', userId: 'u', policy, rules }, cause)
    const apart = await groupOf('anti-affinity', { max_server_per_host: 2 })
    expect(await fits(1, { hints: { group: apart.id } })).toEqual([4, { host1: 2, host2: 2 }])
    const together = await groupOf('affinity')
    expect(await fits(1, { hints: { group: together.id } })).toEqual([8, { host1: 8, host2: 8 }])
  })

  test('and what hosts share is counted once', async () => {
    const { id, uuid } = await at.aggregates.create('shelf', undefined, cause)
    for (const host of ['host1', 'host2']) await at.aggregates.addHost(String(id), host, cause)
    const terms = { total: 5, reserved: 0, minUnit: 1, maxUnit: 5, stepSize: 1, allocationRatio: 1 }
    const shared = { uuid: aServer(77).id, name: 'shelf', stock: { IPV4_ADDRESS: terms }, traits: ['MISC_SHARES_VIA_AGGREGATE'] }
    await at.placement.ensureProvider({ ...shared, aggregates: [uuid], ownsTrait: () => true, ownsAggregate: () => true }, cause)
    expect(await fits(1, { flavor: { extraSpecs: { 'resources:IPV4_ADDRESS': '1' } } })).toEqual([5, { host1: 5, host2: 0 }])
  })
})

describe('what few hosts have', () => {
  // biome-ignore format: a table
  test.each([
    [{ 'os:secure_boot': 'required' },        {},                                  'it has not the trait COMPUTE_SECURITY_UEFI_SECURE_BOOT'],
    [{},                                      { os_secure_boot: 'required' },      'it has not the trait COMPUTE_SECURITY_UEFI_SECURE_BOOT'],
    [{ 'hw:tpm_version': '2.0' },             {},                                  'it has not the trait COMPUTE_SECURITY_TPM_2_0'],
    [{},                                      { hw_tpm_version: '1.2' },           'it has not the trait COMPUTE_SECURITY_TPM_1_2'],
    [{ 'hw:ephemeral_encryption': 'true' },   {},                                  'it has not the trait COMPUTE_EPHEMERAL_ENCRYPTION'],
    [{ 'hw:pci_numa_affinity_policy': 'socket' }, {},                              'it has not the trait COMPUTE_SOCKET_PCI_NUMA_AFFINITY'],
    [{ 'hw:mem_encryption': 'True' },         {},                                  '1 of MEM_ENCRYPTION_CONTEXT wanted, it has none'],
    [{ 'hw:pmem': '6GB,16GB,6GB' },           {},                                  '2 of CUSTOM_PMEM_NAMESPACE_6GB wanted, it has none'],
  ] as const)('is asked of hosts where %o and %o want it', async (extraSpecs, properties, says) => {
    const { ranked, refused } = await at.scheduling.rehearse(anAsk(1, { flavor: { extraSpecs }, image: { id: theImage.id, diskFormat: 'qcow2', properties } }), cause)
    expect(ranked).toEqual([])
    expect(refused.map(({ objection }) => objection.says)).toEqual([says, says])
  })

  test('is nothing that an ordinary flavor wants', async () => {
    const extraSpecs = { 'os:secure_boot': 'disabled', 'hw:mem_encryption': 'false', 'hw:ephemeral_encryption': 'no' }
    expect((await at.scheduling.rehearse(anAsk(1, { flavor: { extraSpecs } }), cause)).ranked).toHaveLength(2)
  })

  test('is found on the host that has it', async () => {
    await reopen([{ host: 'host1' }, { host: 'host2', traits: ['COMPUTE_IMAGE_TYPE_QCOW2', 'COMPUTE_SECURITY_UEFI_SECURE_BOOT'] }])
    expect((await claim(1, { flavor: { extraSpecs: { 'os:secure_boot': 'required' } } })).host).toBe('host2')
  })
})

describe('many claims at once', () => {
  test('fill all hosts to the last megabyte, and not one further', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 24 }, (_, n) => claim(n + 1)))
    const met = outcomes.filter(({ status }) => status === 'fulfilled')
    expect(met).toHaveLength(16)
    for (const one of outcomes)
      if (one.status === 'rejected') expect(one.reason.message).toMatch(/^No valid host was found. All 2 have too little free memory/)
    for (const { stock } of await at.placement.providers(cause)) expect(stock.get('MEMORY_MB')?.used).toBe(4096)
  })

  test('of one group keep apart, though none of them sees the others', async () => {
    await reopen(['host1', 'host2', 'host3'].map(host => ({ host })))
    const group = await at.groups.create({ name: 'g', projectId: 'p', userId: 'u', policy: 'anti-affinity', rules: {} }, cause)
    const ids = [1, 2, 3, 4].map(n => aServer(n).id)
    await at.groups.join(group, ids, cause)
    const outcomes = await Promise.allSettled([1, 2, 3, 4].map(n => claim(n, { hints: { group: group.id } })))
    const hosts = outcomes.flatMap(one => (one.status === 'fulfilled' ? [one.value.host] : []))
    expect(hosts.toSorted()).toEqual(['host1', 'host2', 'host3'])
    const [late] = outcomes.flatMap(one => (one.status === 'rejected' ? [one.reason.message] : []))
    expect(late).toBe('No valid host was found. All 3 have servers of the group already, which shall be apart.')
  })

  test('of one group stay together', async () => {
    const group = await at.groups.create({ name: 'g', projectId: 'p', userId: 'u', policy: 'affinity', rules: {} }, cause)
    await at.groups.join(
      group,
      [1, 2, 3, 4].map(n => aServer(n).id),
      cause,
    )
    const outcomes = await Promise.all([1, 2, 3, 4].map(n => claim(n, { hints: { group: group.id } })))
    expect(new Set(outcomes.map(({ host }) => host)).size).toBe(1)
  })
})

describe('where a server goes', () => {
  test('soft groups prefer, and give way', async () => {
    const group = await at.groups.create({ name: 'g', projectId: 'p', userId: 'u', policy: 'soft-affinity', rules: {} }, cause)
    await at.groups.join(
      group,
      [1, 2].map(n => aServer(n).id),
      cause,
    )
    at.say('filter_scheduler.soft_affinity_weight_multiplier=100')
    const hints = { group: group.id }
    const first = await boot(1, { hints })
    expect(await boot(2, { hints, flavor: { memoryMb: 2048 } })).toBe(first)
    await at.groups.join(group, [aServer(3).id], cause)
    expect(await boot(3, { hints, flavor: { memoryMb: 2048 } })).not.toBe(first)
  })

  test('at most so many of a group are on one host, when the group says so', async () => {
    await reopen([{ host: 'host1' }])
    const rules = { max_server_per_host: 2 }
    const group = await at.groups.create({ name: 'g', projectId: 'p', userId: 'u', policy: 'anti-affinity', rules }, cause)
    await at.groups.join(
      group,
      [1, 2, 3].map(n => aServer(n).id),
      cause,
    )
    const hints = { group: group.id }
    for (const n of [1, 2]) expect(await boot(n, { hints })).toBe('host1')
    await expect(claim(3, { hints })).rejects.toThrow('The only host has servers of the group already')
  })

  test('a zone is kept to, also when nothing but the usual one has been named', async () => {
    const { id } = await at.aggregates.create('a', 'east', cause)
    await at.aggregates.addHost(String(id), 'host2', cause)
    expect(await boot(1, { zone: 'east' })).toBe('host2')
    expect(await boot(2, { zone: 'nova' })).toBe('host1')
    await expect(claim(3, { zone: 'west' })).rejects.toThrow('No valid host was found. All 2 are not in the availability zone west.')
  })

  test('a host that is asked for must suit; an operator’s word only needs room', async () => {
    await at.services.turnNamed('host2', 'nova-compute', { isDisabled: true, disabledReason: 'broken' }, cause)
    await expect(claim(1, { host: 'host2' })).rejects.toThrow(/1 is disabled by an operator/)
    expect(await claim(2, { forcedHost: 'host2' })).toEqual({ host: 'host2', node: 'host2' })
    await expect(claim(3, { forcedHost: 'host2', flavor: { memoryMb: 4000 } })).rejects.toThrow(/too little free memory for 4000 MiB/)
    await expect(claim(4, { host: 'host9' })).rejects.toThrow('All 2 are not the one that was asked for')
  })

  test('what the operator says holds from the next claim on', async () => {
    at.say('filter_scheduler.enabled_filters=ComputeFilter,NumInstancesFilter', 'filter_scheduler.max_instances_per_host=1')
    await boot(1)
    await boot(2)
    await expect(claim(3)).rejects.toThrow('All 2 have as many servers as they may')
    at.say('filter_scheduler.enabled_filters=ComputeFilter')
    await boot(3)
    at.say('filter_scheduler.enabled_filters=NoSuchFilter')
    await expect(claim(4)).rejects.toThrow('there is no filter NoSuchFilter')
    at.say('filter_scheduler.enabled_filters=RetryFilter,RamFilter,ComputeFilter')
    await boot(5)
  })

  test('it packs when the operator wants it to', async () => {
    at.say(
      'filter_scheduler.ram_weight_multiplier=-1',
      'filter_scheduler.cpu_weight_multiplier=-1',
      'filter_scheduler.disk_weight_multiplier=-1',
    )
    const hosts = [await boot(1), await boot(2), await boot(3)]
    expect(new Set(hosts).size).toBe(1)
  })

  test('a host on which starts fail is left to the last', async () => {
    const first = await claim(1)
    await at.insert(aServer(1, { host: first.host, taskState: 'spawning' }))
    await at.put(aServer(1, { host: first.host, vmState: 'error', taskState: null }), 'failed')
    await at.scheduling.release(aServer(1).id, cause)
    for (const n of [2, 3, 4]) expect(await boot(n)).not.toBe(first.host)
  })
})

test('a host that is silent is not chosen, and is again once it is heard from', async () => {
  await at.clock.advance(70_000)
  await expect(claim(1)).rejects.toThrow('All 2 are down')
  await at.beat()
  expect(await boot(1)).toMatch(/^host/)
})

test('who was killed between holding and looking at its group looks when it comes back', async () => {
  const group = await at.groups.create({ name: 'g', projectId: 'p', userId: 'u', policy: 'anti-affinity', rules: {} }, cause)
  await at.groups.join(
    group,
    [1, 2].map(n => aServer(n).id),
    cause,
  )
  const { host } = await claim(1, { hints: { group: group.id } })
  await claim(2, { host })
  const again = await claim(2, { hints: { group: group.id } })
  expect(again.host).not.toBe(host)
})
