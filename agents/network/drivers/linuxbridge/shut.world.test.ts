import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { tapOf } from '../../contract/names.ts'
import type { HostWiring } from '../../contract/wiring.ts'
import { openYard, until, type Yard } from '../../kit/hosts.ts'
import { aGroup, aNetwork, aPort, aRule, aWiring, idOf } from '../../kit/wirings.ts'

const usualPath = process.env.PATH
let yard: Yard
let broken: string
beforeEach(async () => {
  yard = openYard()
  broken = await mkdtemp(join(tmpdir(), 'kilonova-broken-'))
})
afterEach(async () => {
  process.env.PATH = usualPath
  await rm(broken, { recursive: true, force: true })
  await yard.clear()
})

const run = process.pid & 0xffff
const network = aNetwork(21, {}, run)
const open = aGroup(1, [aRule({})], run)
/** It names a set of members that nobody told of, which the kernel does not take. */
const impossible = aGroup(2, [aRule({ remoteSet: idOf(0x5b, 9, run) })], run)
const [known, wrong, late] = [11, 12, 13].map(n => aPort(network, n, { securityGroups: [open.id] }))
if (!known || !wrong || !late) throw new Error('a port is missing')
const everybody = { networks: [network], securityGroups: [open, impossible] }
const wiring = (more: Partial<HostWiring>) => aWiring({ ...everybody, ...more })

/** Stands before the real program until the end of the test, or until it is mended. */
async function breakPrograms(...programs: readonly string[]): Promise<() => void> {
  for (const program of programs) {
    await writeFile(join(broken, program), '#!/bin/sh\necho out of order >&2\nexit 1\n')
    await chmod(join(broken, program), 0o755)
  }
  process.env.PATH = `${broken}:${usualPath}`
  return () => {
    process.env.PATH = usualPath
  }
}

test('a port whose rules the kernel does not take is shut, and those beside it are not', async () => {
  const host = await yard.host('a')
  await host.driver.apply(wiring({ ports: [known] }))
  const guest = await host.guest(known)
  const bad = { ...wrong, securityGroups: [impossible.id] }
  await host.guest(bad)
  const { troubles, portsUp } = await host.driver.apply(wiring({ ports: [known, bad, late] }))
  const other = await host.guest(late)
  expect(troubles.map(({ subject }) => subject)).toEqual([bad.id])
  expect(troubles[0]?.reason).toContain('nothing passes')
  expect(portsUp).toEqual([known.id])
  await until('ports beside it reach each other', () => other.pings('10.0.21.11'))
  expect(await guest.pings('10.0.21.12')).toBe(false)
  expect(await host.run('ip', '-o', 'link', 'show', 'dev', tapOf(bad.id))).toContain('state DOWN')
  expect((await host.driver.apply(wiring({ ports: [known, wrong, late] }))).troubles).toEqual([])
  await until('it is let in with rules that can be', () => guest.pings('10.0.21.12'))
})

test.for([['iptables-restore'], ['iptables-save', 'iptables-restore', 'ip6tables-save', 'ip6tables-restore'], ['nft'], ['ipset']])(
  'while %s is out of order a new port is shut, one that has its rules is not, and it opens when that is mended',
  async programs => {
    const host = await yard.host('b')
    const members = { addressSets: [{ id: idOf(0x5b, 9, run), addresses: ['10.0.21.11'] }] }
    await host.driver.apply(wiring({ ports: [known], ...members }))
    const guest = await host.guest(known)
    const mend = await breakPrograms(...programs)
    const fresh = { ...late, securityGroups: [impossible.id, open.id] }
    const changed = { addressSets: [{ id: idOf(0x5b, 9, run), addresses: ['10.0.21.11', '10.0.21.99'] }] }
    const wanted = wiring({ ports: [known, fresh], ...changed })
    await host.driver.apply(wanted)
    const other = await host.guest(fresh)
    await guest.run('ip', 'link', 'set', 'dev', 'eth0', 'up')
    const { troubles, portsUp } = await host.driver.apply(wanted, { isThorough: true })
    expect(troubles.map(({ subject }) => subject)).toContain(fresh.id)
    expect(troubles.map(({ subject }) => subject)).not.toContain(known.id)
    expect(portsUp).toEqual([known.id])
    expect(await other.pings('10.0.21.11')).toBe(false)
    mend()
    expect(await host.driver.apply(wanted)).toMatchObject({ troubles: [], portsUp: [known.id, fresh.id] })
    await until('it is let in', () => other.pings('10.0.21.11'))
  },
)

test('on a host that was never filtered nothing is let in before it can be', async () => {
  const host = await yard.host('c')
  const mend = await breakPrograms('iptables-restore', 'ip6tables-restore', 'nft')
  const wanted = wiring({ ports: [known, late] })
  await host.driver.apply(wanted)
  const [guest] = [await host.guest(known), await host.guest(late)]
  const { troubles, portsUp } = await host.driver.apply(wanted)
  expect(troubles.map(({ subject }) => subject).sort()).toEqual([known.id, late.id].sort())
  expect(portsUp).toEqual([])
  expect(await guest?.pings('10.0.21.13')).toBe(false)
  mend()
  expect((await host.driver.apply(wanted)).troubles).toEqual([])
  await until('they reach each other', async () => (await guest?.pings('10.0.21.13')) === true)
})
