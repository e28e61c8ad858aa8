import { groupFile, passwdFile, qemuConf, type QemuUser, qemuUserOf } from '@kilonova/hypervisor/contract/qemu-user.ts'
import { chooseVirtType, countFlagged, kvmRuns } from '@kilonova/hypervisor/main.ts'
import type { Host } from '../host.ts'
import { hasSystemd } from '../host-daemons.ts'
import { type Check, fail, ok, warn, wants } from './check.ts'

/** `/dev/kvm` alone proves nothing: there are machines where it opens and guests hang. The processor's flags and a probe decide, as for the agent. */
export const virtualisation: Check = {
  name: 'virt_type',
  run: async patient => {
    if (!wants(patient, 'hypervisor')) return []
    const { host, settings, places } = patient
    const flagged = countFlagged(host.readText('/proc/cpuinfo') ?? '')
    const device = host.exists('/dev/kvm')
    const wish = settings.libvirt.virt_type
    const set = (value: string) => `kilonova config set${places.hint} libvirt.virt_type ${value}`
    const modules = 'modprobe kvm_intel || modprobe kvm_amd'
    if (wish === 'kvm' && flagged === 0) return [fail('kvm is configured, but no processor has vmx or svm', set('qemu'))]
    if (wish === 'kvm' && !device) return [fail('kvm is configured, but there is no /dev/kvm', modules)]
    if (flagged === 0)
      return [
        ok(`qemu: no processor has vmx or svm${device ? '; /dev/kvm is there, which proves nothing' : ''}; guests run in software, slower`),
      ]
    if (!device) return [warn('qemu: the processors have vmx or svm, but there is no /dev/kvm', modules)]
    const probeRan = await kvmRuns(async (program, args, timeoutMs) => (await host.run(program, args, { timeoutMs })).code)
    const { virtType, because } = chooseVirtType({ flagged, probeRan })
    if (virtType === 'kvm' && wish === 'qemu')
      return [warn('qemu is configured, though the processors could run guests themselves', set('auto'))]
    if (virtType === 'kvm') return [ok(`kvm: ${because}`)]
    if (wish === 'kvm') return [fail(`kvm is configured, but ${because}: guests would hang`, set('auto'))]
    return [warn(`qemu: ${because}; guests run in software, slower`, `see dmesg; a machine within a machine needs nested virtualisation`)]
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
    const user = userOf(host)
    if (user.may(device, 0o6)) return [ok(`QEMU's user, ${user.name}:${user.group}, may open /dev/kvm`)]
    return [
      warn(
        `QEMU's user, ${user.name}:${user.group}, may not open /dev/kvm: each start of a guest takes about 56 s longer`,
        'chgrp kvm /dev/kvm && chmod 660 /dev/kvm (or set user = "root" and group = "root" in /etc/libvirt/qemu.conf and restart libvirtd)',
      ),
    ]
  },
}

/** QEMU runs as a user of its own. One that does not exist, or may not pass a directory above the guests' disks, starts no guest. */
export const qemuUser: Check = {
  name: 'qemu-user',
  run: patient => {
    if (!wants(patient, 'hypervisor')) return []
    const { host, settings } = patient
    const user = userOf(host)
    if (user.isChosen && !user.exists) {
      const remedy = `set user = "libvirt-qemu" in ${qemuConf} and restart libvirtd`
      return [fail(`QEMU shall run as ${user.name}, and there is no such user`, remedy)]
    }
    const path = settings.DEFAULT.instances_path
    const closed = above(path).filter(dir => {
      const place = host.stat(dir)
      return place !== undefined && !user.may(place, 0o1)
    })
    if (closed.length === 0) return [ok(`QEMU runs as ${user.name}, who reaches ${path}`)]
    return closed.map(dir => fail(`QEMU's user, ${user.name}, may not pass ${dir}: no guest can open its disks`, `chmod o+x ${dir}`))
  },
}

/** `/var/lib/nova` gives `/var`, `/var/lib` and itself. */
const above = (path: string) => path.split('/').flatMap((_, at, parts) => (at === 0 ? [] : [parts.slice(0, at + 1).join('/')]))

const userOf = ({ readText }: Host): QemuUser => {
  const text = (path: string) => readText(path) ?? ''
  return qemuUserOf({ conf: text(qemuConf), passwd: text(passwdFile), groups: text(groupFile) })
}
