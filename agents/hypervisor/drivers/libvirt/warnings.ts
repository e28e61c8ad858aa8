import { access, constants, stat } from 'node:fs/promises'
import { groupFile, passwdFile, qemuConf, qemuUserOf } from '../../contract/qemu-user.ts'
import { readIfThere } from './paths.ts'

/** What about this host makes guests slow or mute, in sentences for its operator. */
export async function hostWarnings(): Promise<string[]> {
  const warnings: string[] = []
  if (await reprobes()) {
    warnings.push(
      'libvirt examines QEMU again before every start, which takes a minute: /dev/kvm is open to root but not to the user QEMU runs as. ' +
        'Set user = "root" and group = "root" in /etc/libvirt/qemu.conf, or a group that may open /dev/kvm, and restart libvirtd.',
    )
  }
  if (!(await may('/run/libvirt/virtlogd-sock', constants.F_OK))) {
    warnings.push("virtlogd does not run: guests cannot be started, because nobody writes their console.log. Start it with 'virtlogd -d'.")
  }
  return warnings
}

const may = (path: string, mode: number): Promise<boolean> =>
  access(path, mode).then(
    () => true,
    () => false,
  )

/** Only root may, or nobody: then libvirt, which is root, sees a device that QEMU does not. */
async function reprobes(): Promise<boolean> {
  if (!(await may('/dev/kvm', constants.R_OK | constants.W_OK))) return false
  const device = await stat('/dev/kvm')
  const [conf = '', passwd = '', groups = ''] = await Promise.all([qemuConf, passwdFile, groupFile].map(readIfThere))
  return !qemuUserOf({ conf, passwd, groups }).may(device, 0o6)
}
