import { afterEach, beforeEach, test } from 'vitest'
import {
  anything,
  both,
  fourGuests,
  memberPort,
  outward,
  type Scene,
  strangerPort,
  tell,
  tryAll,
  v4,
  v6,
  victimPort,
  worldPort,
} from '../../kit/four-guests.ts'
import { areMachines } from '../../kit/machines.ts'
import { type Guest, openYard, until, type Yard } from '../../kit/hosts.ts'

let yard: Yard
beforeEach(() => {
  yard = openYard()
})
afterEach(() => yard.clear())

test('a guest is who its port says, in IPv4, IPv6, ARP, neighbour discovery and Ethernet', async () => {
  const { host, guests, peers, rule } = await fourGuests(yard, [...outward, ...anything])
  await peers.world.echoes('tcp', 80)
  for (const [address, ...more] of [['10.0.60.66/24'], ['10.0.60.88/32'], ['2001:db8:60::66/64', 'nodad']] as const)
    await guests.victim.run('ip', 'addr', 'add', address, 'dev', 'eth0', ...more)
  // The kernel answers for others as itself: that its own address is the sender's does not make the answer true.
  await guests.victim.run('sysctl', '-q', '-w', 'net.ipv6.conf.all.proxy_ndp=1', 'net.ipv6.conf.all.forwarding=1')
  await guests.victim.run('ip', 'neigh', 'add', 'proxy', v6(99), 'dev', 'eth0')
  const as = (from: string, to: string) => () => peers.victim.reaches('tcp', to, 80, from)
  const answersFor = (address: string) => () => resolves(guests.stranger, address)
  const claims = () => believesClaim(guests, v4(88))
  await tryAll(
    ['its own v4 address', true, as(v4(11), v4(14))],
    ['its own v6 address', true, as(v6(11), v6(14))],
    ['another v4 address', false, as(v4(66), v4(14))],
    ['another v6 address', false, as(v6(66), v6(14))],
    ['answers ARP for itself', true, answersFor(v4(11))],
    ['answers ARP for another', false, answersFor(v4(66))],
    ['answers neighbours for itself', true, answersFor(v6(11))],
    ['answers neighbours for another', false, answersFor(v6(66))],
    ['answers neighbours as itself for another', false, answersFor(v6(99))],
    ['claims another address by ARP', false, claims],
  )
  const pair = (ipAddress: string, macAddress = victimPort.macAddress) => ({ ipAddress, macAddress })
  const otherMac = 'fa:16:3e:99:99:99'
  const more = { ...victimPort, allowedAddressPairs: [pair('10.0.60.64/29'), pair('2001:db8:60::66'), pair(v4(11), otherMac)] }
  await rule([...outward, ...anything], { ports: [more, memberPort, strangerPort, worldPort] })
  await tryAll(
    ['allowed: another v4 address', true, as(v4(66), v4(14))],
    ['allowed: another v6 address', true, as(v6(66), v6(14))],
    ['allowed: answers ARP for another', true, answersFor(v4(66))],
    ['allowed: answers neighbours for another', true, answersFor(v6(66))],
    ['allowed: answers neighbours as itself for a third', false, answersFor(v6(99))],
  )
  await guests.victim.run('ip', 'link', 'set', 'dev', 'eth0', 'address', otherMac)
  await guests.world.run('ip', 'neigh', 'flush', 'dev', 'eth0')
  await tryAll(['allowed: another MAC address', true, () => guests.victim.pings(v4(14))])
  await rule([...outward, ...anything])
  await guests.world.run('ip', 'neigh', 'flush', 'dev', 'eth0')
  await tryAll(['another MAC address', false, () => guests.victim.pings(v4(14))])
  const free = { ...victimPort, hasPortSecurity: false, securityGroups: [] }
  await rule([...outward, ...anything], { ports: [free, memberPort, strangerPort, worldPort] })
  await guests.world.run('ip', 'neigh', 'flush', 'dev', 'eth0')
  await tryAll(
    ['without port security: another MAC address', true, () => guests.victim.pings(v4(14))],
    ['without port security: another v4 address', true, as(v4(66), v4(14))],
    ['without port security: another v6 address', true, as(v6(66), v6(14))],
    ['without port security: claims by ARP', true, claims],
    ['without port security: answers neighbours for another', true, answersFor(v6(99))],
  )
  const unknown = await host.guest(both(77))
  await tryAll(['a cable nobody told of', false, () => unknown.pings(v4(14))])
  tell('who a guest is')
})

/** Whether somebody answers when asked who has an address. */
async function resolves(guest: Guest, address: string): Promise<boolean> {
  await guest.run('ip', 'neigh', 'flush', 'to', address, 'dev', 'eth0')
  await guest.pings(address)
  return /lladdr/.test(await guest.run('ip', 'neigh', 'show', address, 'dev', 'eth0'))
}

/** The first guest tells everybody that it has an address; whether the third believes it. */
async function believesClaim({ victim, stranger }: Scene['guests'], address: string): Promise<boolean> {
  await stranger.run('sysctl', '-q', '-w', 'net.ipv4.conf.eth0.arp_accept=1')
  await stranger.run('ip', 'neigh', 'flush', 'to', address, 'dev', 'eth0')
  await victim.run('arping', '-U', '-q', '-c', '2', '-I', 'eth0', address)
  return (await stranger.run('ip', 'neigh', 'show', address, 'dev', 'eth0')).includes('lladdr')
}

test('a guest is neither a DHCP server nor a router to others', async () => {
  const { host, guests, rule } = await fourGuests(yard, [...outward, ...anything])
  const asking = guests.stranger
  const rogue = async (guest: Guest, n: number) => {
    const folder = areMachines ? '/tmp' : host.stateDir
    const paths = { conf: `${folder}/rogue${n}.conf`, pid: `${folder}/rogue${n}.pid` }
    await guest.run(
      'busybox',
      'awk',
      'BEGIN { print ARGV[2] > ARGV[1] }',
      paths.conf,
      `interface eth0 { AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; prefix 2001:db8:${n}::/64 { AdvOnLink on; AdvAutonomous on; }; };`,
    )
    await guest.run('sysctl', '-q', '-w', 'net.ipv6.conf.all.forwarding=1')
    await guest.starts('radvd', '-n', '-C', paths.conf, '-p', paths.pid, '-m', 'stderr')
    const range = ['--dhcp-range=10.0.60.200,10.0.60.210,255.255.255.0,1h', `--dhcp-leasefile=${folder}/rogue${n}.leases`]
    await guest.starts(
      'dnsmasq',
      '--keep-in-foreground',
      '--conf-file=/dev/null',
      '--port=0',
      '--user=root',
      '--interface=eth0',
      '--bind-dynamic',
      `--pid-file=${paths.pid}.d`,
      ...range,
    )
  }
  const leased = () =>
    asking.run('busybox', 'udhcpc', '-i', 'eth0', '-f', '-q', '-n', '-t', areMachines ? '8' : '3', '-T', '1', '-s', '/bin/true').then(
      () => true,
      () => false,
    )
  const advertised = (n: number) => () =>
    until(
      'an address came',
      async () => (await asking.run('ip', '-6', 'addr', 'show', 'dev', 'eth0')).includes(`2001:db8:${n}:`),
      areMachines ? 15_000 : 5_000,
    ).then(
      () => true,
      () => false,
    )
  await rogue(guests.victim, 66)
  await tryAll(['a guarded guest leases addresses', false, leased], ['a guarded guest announces a prefix', false, advertised(66)])
  await rule([...outward, ...anything], {
    ports: [{ ...victimPort, hasPortSecurity: false, securityGroups: [] }, memberPort, strangerPort, worldPort],
  })
  await tryAll(
    ['without port security: leases addresses', true, leased],
    ['without port security: announces a prefix', true, advertised(66)],
  )
  tell('rogue servers')
})
