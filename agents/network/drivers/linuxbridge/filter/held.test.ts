import { expect, test } from 'vitest'
import { readTracked } from './conntrack.ts'
import { readSets, setLines } from './ipsets.ts'
import type { Table } from '../../../documents/filter/tables.ts'
import { differenceOf, heldAfter, readHeld, zonesOf } from './held.ts'

const text = `# Generated
*raw
:PREROUTING ACCEPT [0:0]
:p-PREROUTING - [0:0]
-A PREROUTING -j p-PREROUTING
-A p-PREROUTING -i brq1 -j CT --zone 4098
COMMIT
*filter
:FORWARD ACCEPT [0:0]
:p-FORWARD - [0:0]
:docker - [0:0]
-A FORWARD -j docker
-A docker -j RETURN
COMMIT
`

const held = readHeld(text, 'p')

test('of the tables only what is ours is read', () => {
  expect(held).toEqual({
    chains: new Map([
      ['raw p-PREROUTING', ['-i brq1 -j CT --zone 4098']],
      ['filter p-FORWARD', []],
    ]),
    hooked: new Set(['raw PREROUTING']),
  })
})

test('a bridge keeps its zone, and a new one gets the lowest that is free', () => {
  expect(zonesOf(['brq1', 'brq0', 'brq2'], held, 'p')).toEqual(
    new Map([
      ['brq0', 4097],
      ['brq1', 4098],
      ['brq2', 4099],
    ]),
  )
})

const table = (...chains: readonly (readonly [name: string, ...rules: readonly string[]])[]): Table => ({
  name: 'filter',
  chains: chains.map(([name, ...rules]) => ({ name, rules })),
})

test('what is loaded is what differs, and what nobody needs goes with it', () => {
  const before = heldAfter([table(['p-FORWARD', '-j p-one', '-j p-two'], ['p-one', '-p tcp -j RETURN'], ['p-two', '-j DROP'])])
  const wanted = [table(['p-FORWARD', '-j p-one', '-j p-new'], ['p-one', '-p 6 -j RETURN'], ['p-new', '-j DROP'])]
  const difference = differenceOf(wanted, before)
  expect(difference.tables[0]?.chains.map(({ name }) => name)).toEqual(['p-FORWARD', 'p-new'])
  expect(difference).toMatchObject({ stale: ['filter p-two'], hooked: ['filter FORWARD', 'filter INPUT'], isNone: false })
  expect(differenceOf(wanted, heldAfter(wanted)).isNone).toBe(true)
})

test('a way into ours that somebody took away is a difference', () => {
  const wanted = [table(['p-FORWARD', '-j DROP'])]
  const { chains } = heldAfter(wanted)
  expect(differenceOf(wanted, { chains, hooked: new Set(['filter INPUT']) })).toMatchObject({ hooked: ['filter INPUT'], isNone: false })
})

test('members of a set come and go one by one', () => {
  const there = readSets('create NIPv4a hash:net family inet hashsize 1024\nadd NIPv4a 10.0.0.1\nadd NIPv4a 10.0.0.2\n')
  const wishes = [
    { name: 'NIPv4a', family: 'inet' as const, members: ['10.0.0.2', '10.0.0.3'] },
    { name: 'NIPv6a', family: 'inet6' as const, members: [] },
  ]
  expect(setLines(wishes, there)).toEqual(['add NIPv4a 10.0.0.3', 'del NIPv4a 10.0.0.1', 'create NIPv6a hash:net family inet6'])
})

test('a connection is read as it began', () => {
  expect(
    readTracked(
      'tcp      6 431998 ESTABLISHED src=10.0.0.1 dst=10.0.0.2 sport=52174 dport=5000 src=10.0.0.2 dst=10.0.0.1 sport=5000 dport=52174 [ASSURED] mark=0 zone=4097 use=1',
    ),
  ).toMatchObject({ protocol: 6, source: '10.0.0.1', destination: '10.0.0.2', sourcePort: 52_174, destinationPort: 5000, zone: 4097 })
  expect(
    readTracked(
      'icmp     1 29 src=10.0.0.1 dst=10.0.0.2 type=8 code=0 id=7 src=10.0.0.2 dst=10.0.0.1 type=0 code=0 id=7 mark=0 zone=4097 use=1',
    ),
  ).toMatchObject({
    protocol: 1,
    destinationPort: 8,
    icmpCode: 0,
    icmpId: '7',
  })
  expect(readTracked('')).toBeUndefined()
})
