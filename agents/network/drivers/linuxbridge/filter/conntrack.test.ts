import { expect, test } from 'vitest'
import { bridgeOf } from '../../../contract/names.ts'
import { aGroup, aNetwork, aPort, aRule } from '../../../kit/wirings.ts'
import type { Run } from '../run.ts'
import { cutForbidden } from './conntrack.ts'

const group = aGroup(1, [aRule({ protocol: 'tcp', portMin: 80, portMax: 80 })])
const network = aNetwork(1)
const port = aPort(network, 11, { securityGroups: [group.id] })
const line = (dport: number, zone: string) =>
  `tcp      6 431999 ESTABLISHED src=192.0.2.9 dst=10.0.1.11 sport=40000 dport=${dport} src=10.0.1.11 dst=192.0.2.9 sport=${dport} dport=40000 [ASSURED] ${zone}mark=0 use=1`

/** What is deleted when the kernel knows these connections. */
async function deleted(zones: ReadonlyMap<string, number>, lines: readonly string[]): Promise<readonly string[]> {
  const asked: string[] = []
  const run: Run = async (program, args) => {
    if (args[0] === '-L') return args.includes('ipv4') ? lines.join('\n') : ''
    if (program === 'conntrack') asked.push(args.join(' '))
    return ''
  }
  const wish = { prefix: 'p', ports: [port], groups: [group], trustedTaps: [], bridges: [], members: [], hostBridges: [], zones }
  await cutForbidden({ run, wish, judging: { groups: [group], isMember: () => false } })
  return asked
}

test('a connection that no rule allows is cut in the zone of its bridge and nowhere else', async () => {
  const zones = new Map([[bridgeOf(network.id), 4097]])
  expect(await deleted(zones, [line(22, 'zone=4097 '), line(80, 'zone=4097 '), line(22, 'zone=4098 '), line(22, '')])).toEqual([
    '-D -w 4097 -f ipv4 -p 6 -s 192.0.2.9 -d 10.0.1.11 --sport 40000 --dport 22',
  ])
})

test('on a bridge of the operator’s, which has no zone, it is cut as well', async () => {
  expect(await deleted(new Map(), [line(22, ''), line(80, '')])).toEqual([
    '-D -w 0 -f ipv4 -p 6 -s 192.0.2.9 -d 10.0.1.11 --sport 40000 --dport 22',
  ])
})
