import type { Host } from '../host.ts'
import { hasSystemd } from '../host-daemons.ts'
import { type Check, fail, ok, warn, wants } from './check.ts'

/** How many processors say that they can run guests by themselves. */
export const hardwareFlags = (host: Host): number =>
  (host.readText('/proc/cpuinfo') ?? '').split('\n').filter(line => /\b(vmx|svm)\b/.test(line)).length

/** `/dev/kvm` alone proves nothing: there are machines where it opens and guests hang. The processor's flags decide. */
export const virtualisation: Check = {
  name: 'virt_type',
  run: patient => {
    if (!wants(patient, 'hypervisor')) return []
    const { host, settings, places } = patient
    const flags = hardwareFlags(host)
    const device = host.exists('/dev/kvm')
    const wish = settings.libvirt.virt_type
    const set = (value: string) => `kilonova config set${places.hint} libvirt.virt_type ${value}`
    if (wish === 'kvm' && flags === 0) return [fail('kvm is configured, but no processor has vmx or svm', set('qemu'))]
    if (wish === 'kvm' && !device) return [fail('kvm is configured, but there is no /dev/kvm', 'modprobe kvm_intel || modprobe kvm_amd')]
    if (wish === 'qemu' && flags > 0 && device)
      return [warn('qemu is configured, though the processors could run guests themselves', set('auto'))]
    if (flags > 0 && device) return [ok(`kvm: ${flags} processors have vmx or svm, and there is /dev/kvm`)]
    if (flags > 0) return [warn('qemu: the processors have vmx or svm, but there is no /dev/kvm', 'modprobe kvm_intel || modprobe kvm_amd')]
    return [
      ok(`qemu: no processor has vmx or svm${device ? '; /dev/kvm is there, which proves nothing' : ''}; guests run in software, slower`),
    ]
  },
}

export const libvirtDaemon: Check = {
  name: 'libvirt',
  run: async patient => {
    if (!wants(patient, 'hypervisor')) return []
    const { host } = patient
    const start = hasSystemd(host) ? 'systemctl start virtlogd libvirtd' : 'virtlogd -d; libvirtd -d'
    const ran = await host.run('virsh', ['-c', 'qemu:///system', 'version', '--daemon'], { timeoutMs: 10_000 })
    if (ran.code === 127)
      return [fail('virsh is not installed', 'apt-get install -y --no-install-recommends libvirt-clients libvirt-daemon-system')]
    if (ran.code === 0) return [ok(/Running against daemon: (\S+)/.exec(ran.out)?.[1] ?? 'it answers')]
    if (!host.exists('/run/libvirt/libvirt-sock')) return [warn('libvirtd does not run', `kilonova up starts it; by hand: ${start}`)]
    return [
      host.isRoot
        ? fail(`it does not answer: ${ran.err.trim().split('\n').at(-1)}`, start)
        : fail('its socket may not be opened', 'adduser $USER libvirt, and log in again'),
    ]
  },
}

/**
 * When root may open /dev/kvm but the user that QEMU runs as may not, libvirt probes QEMU's abilities anew before every start of a
 * guest: 14 probes, about 56 seconds.
 */
export const libvirtProbes: Check = {
  name: 'kvm-access',
  run: patient => {
    if (!wants(patient, 'hypervisor')) return []
    const { host } = patient
    const device = host.stat('/dev/kvm')
    if (device === undefined) return [ok('no /dev/kvm, nothing to probe')]
    const config = host.readText('/etc/libvirt/qemu.conf') ?? ''
    const user = configured(config, 'user') ?? 'libvirt-qemu'
    const group = configured(config, 'group') ?? 'kvm'
    if (may(host, device, 0o6, user, group)) return [ok(`QEMU's user, ${user}:${group}, may open /dev/kvm`)]
    return [
      warn(
        `QEMU's user, ${user}:${group}, may not open /dev/kvm: each start of a guest takes about 56 s longer`,
        'chgrp kvm /dev/kvm && chmod 660 /dev/kvm (or set user = "root" and group = "root" in /etc/libvirt/qemu.conf and restart libvirtd)',
      ),
    ]
  },
}

/** Whether the user, who is also in the group, has these rights (4 to read, 2 to write, 1 to pass) on what has this owner and mode. */
function may(host: Host, place: { mode: number; uid: number; gid: number }, rights: number, user: string, group: string): boolean {
  const has = (shift: number) => ((place.mode >> shift) & rights) === rights
  if (user === 'root' || has(0)) return true
  if (idOf(host, user) === place.uid && has(6)) return true
  if (!has(3)) return false
  const owner = (host.readText('/etc/group') ?? '')
    .split('\n')
    .map(line => line.split(':'))
    .find(([, , gid]) => Number(gid) === place.gid)
  return owner !== undefined && (owner[0] === group || (owner[3] ?? '').split(',').includes(user))
}

/** QEMU runs as a user of its own. One that does not exist, or may not pass a directory above the guests' disks, starts no guest. */
export const qemuUser: Check = {
  name: 'qemu-user',
  run: patient => {
    if (!wants(patient, 'hypervisor')) return []
    const { host, settings } = patient
    const config = host.readText('/etc/libvirt/qemu.conf') ?? ''
    const named = configured(config, 'user')
    const user = named ?? 'libvirt-qemu'
    if (named !== undefined && !isAnybody(host, named)) {
      const remedy = 'set user = "libvirt-qemu" in /etc/libvirt/qemu.conf and restart libvirtd'
      return [fail(`QEMU shall run as ${named}, and there is no such user`, remedy)]
    }
    const path = settings.DEFAULT.instances_path
    const closed = above(path).filter(dir => {
      const place = host.stat(dir)
      return place !== undefined && !may(host, place, 0o1, user, configured(config, 'group') ?? 'kvm')
    })
    if (closed.length === 0) return [ok(`QEMU runs as ${user}, who reaches ${path}`)]
    return closed.map(dir => fail(`QEMU's user, ${user}, may not pass ${dir}: no guest can open its disks`, `chmod o+x ${dir}`))
  },
}

const isAnybody = (host: Host, user: string): boolean => user === 'root' || /^\+?\d+$/.test(user) || idOf(host, user) >= 0

/** `/var/lib/nova` gives `/var`, `/var/lib` and itself. */
const above = (path: string) => path.split('/').flatMap((_, at, parts) => (at === 0 ? [] : [parts.slice(0, at + 1).join('/')]))

const idOf = (host: Host, user: string): number =>
  Number((host.readText('/etc/passwd') ?? '').match(new RegExp(`^${escaped(user)}:[^:]*:(\\d+):`, 'm'))?.[1] ?? -1)

const configured = (text: string, key: string) => new RegExp(`^\\s*${key}\\s*=\\s*"([^"]*)"`, 'm').exec(text)?.[1]
const escaped = (name: string) => name.replace(/[^\w-]/g, '\\$&')
