import type { Host } from './host.ts'
import type { Service } from './services.ts'

/** A package of the host's distribution, and what it is for. */
export interface Package {
  readonly name: string
  readonly why: string
  readonly for: 'hypervisor' | 'network' | 'disks' | 'client' | 'test'
}

// biome-ignore format: a table is read by its columns
export const packages: readonly Package[] = [
  { name: 'qemu-system-x86',        for: 'hypervisor', why: 'runs the guests' },
  { name: 'libvirt-daemon-system',  for: 'hypervisor', why: 'keeps the guests' },
  { name: 'libvirt-clients',        for: 'hypervisor', why: 'virsh, to look at the guests by hand' },
  { name: 'qemu-utils',             for: 'disks',      why: 'qemu-img, which makes and converts disks' },
  { name: 'genisoimage',            for: 'hypervisor', why: 'config drives' },
  { name: 'iproute2',               for: 'network',    why: 'bridges, namespaces and addresses' },
  { name: 'nftables',               for: 'network',    why: 'guests that pretend to be others' },
  { name: 'iptables',               for: 'network',    why: 'security groups on bridges, and address translation' },
  { name: 'ipset',                  for: 'network',    why: 'members of security groups' },
  { name: 'conntrack',              for: 'network',    why: 'ending connections that rules no longer allow' },
  { name: 'dnsmasq-base',           for: 'network',    why: 'DHCP and names for guests' },
  { name: 'radvd',                  for: 'network',    why: 'IPv6 for guests' },
  { name: 'iputils-arping',         for: 'network',    why: 'telling neighbours where an address is' },
  { name: 'procps',                 for: 'network',    why: 'sysctl, which lets packets pass between networks' },
  { name: 'bridge-utils',           for: 'network',    why: 'brctl, to look at bridges by hand' },
  { name: 'python3-openstackclient', for: 'client',    why: 'the openstack command' },
  { name: 'mariadb-server',         for: 'test',       why: 'tests against MariaDB' },
  { name: 'postgresql',             for: 'test',       why: 'tests against PostgreSQL' },
  { name: 'rabbitmq-server',        for: 'test',       why: 'tests against RabbitMQ' },
  { name: 'busybox-static',         for: 'test',       why: 'ping, nc and a DHCP client in tests of networks' },
  { name: 'isc-dhcp-client',        for: 'test',       why: 'a DHCPv6 client in tests of networks' },
  { name: 'openssh-client',         for: 'test',       why: 'signing in to guests' },
  { name: 'curl',                   for: 'test',       why: 'asking as people do by hand' },
  { name: 'ovmf',                   for: 'test',       why: 'guests that start with UEFI' },
  { name: 'mtools',                 for: 'test',       why: 'config drives that are file systems' },
  { name: 'dosfstools',             for: 'test',       why: 'likewise, and ephemeral disks of that kind' },
  { name: 'openssl',                for: 'test',       why: 'certificates for tests of https' },
  { name: 'systemd',                for: 'test',       why: 'reading the units that kilonova unit prints' },
  { name: 'python3-keystone',       for: 'test',       why: 'tests that its tokens and ours are the same' },
]

/** What the services need of the host. The client is recommended, never needed. */
export const neededFor = (services: readonly Service[]): readonly Package[] =>
  packages.filter(({ for: purpose }) => services.some(({ needs }) => needs.some(need => need === purpose)))

export const recommended: readonly Package[] = packages.filter(({ for: purpose }) => purpose === 'client')

/** Which of them are not installed; nothing can be said where there is no dpkg. */
export function missingPackages(host: Host, wanted: readonly Package[]): readonly Package[] {
  const status = host.readText('/var/lib/dpkg/status')
  if (status === undefined) return []
  const installed = new Set([...status.matchAll(/^Package: (\S+)\nStatus: \S+ \S+ installed$/gm)].map(([, name]) => name))
  return wanted.filter(({ name }) => !installed.has(name))
}

export const aptLine = (missing: readonly Package[]) =>
  `apt-get install -y --no-install-recommends ${missing.map(({ name }) => name).join(' ')}`

/** Installs them; the last line of what went wrong, or nothing. */
export async function install(host: Host, missing: readonly Package[], say: (line: string) => void): Promise<string | undefined> {
  say(`Installing ${missing.map(({ name, why }) => `${name} (${why})`).join(', ')}`)
  const args = ['-o', 'DPkg::Lock::Timeout=300', '-y', '-q', 'install', '--no-install-recommends', ...missing.map(({ name }) => name)]
  const apt = (more: readonly string[]) => host.run('env', ['DEBIAN_FRONTEND=noninteractive', 'apt-get', ...more], { timeoutMs: 1_200_000 })
  const first = await apt(args)
  if (first.code === 0) return undefined
  // The lists of a fresh machine are empty or old.
  await apt(['-q', 'update'])
  const second = await apt(args)
  return second.code === 0 ? undefined : (second.err.trim().split('\n').at(-1) ?? 'apt-get failed')
}
