/** Where libvirt is told as whom QEMU runs, and where the machine says who that is. */
export const qemuConf = '/etc/libvirt/qemu.conf'
export const passwdFile = '/etc/passwd'
export const groupFile = '/etc/group'

/** What a place says of who may do what with it. */
export interface Place {
  readonly mode: number
  readonly uid: number
  readonly gid: number
}

/** As whom QEMU runs. A user of that name need not exist. */
export interface QemuUser {
  readonly name: string
  readonly group: string
  /** Whether somebody chose it; Debian's own choice otherwise. */
  readonly isChosen: boolean
  readonly exists: boolean
  /** Whether it has these rights (4 to read, 2 to write, 1 to pass) on what has this owner and mode. */
  may(place: Place, rights: number): boolean
}

/** From the texts of the three files above; one that cannot be read is as good as empty. */
export function qemuUserOf(texts: { readonly conf: string; readonly passwd: string; readonly groups: string }): QemuUser {
  const chosen = configured(texts.conf, 'user')
  const name = (chosen ?? 'libvirt-qemu').replace(/^\+?0$/, 'root')
  const group = configured(texts.conf, 'group') ?? 'kvm'
  const uid = /^\+?\d+$/.test(name) ? Number(name) : entryOf(texts.passwd, name)
  return {
    name,
    group,
    isChosen: chosen !== undefined,
    exists: name === 'root' || uid !== undefined,
    may: (place, rights) => {
      const has = (shift: number) => ((place.mode >> shift) & rights) === rights
      if (name === 'root' || has(0)) return true
      if (uid === place.uid && has(6)) return true
      return has(3) && isIn(texts.groups, place.gid, name, group)
    },
  }
}

function isIn(groups: string, gid: number, user: string, group: string): boolean {
  const fields = groups.split('\n').map(line => line.split(':'))
  const found = fields.find(([, , id]) => id !== undefined && Number(id) === gid)
  return found !== undefined && (found[0] === group || (found[3] ?? '').split(',').includes(user))
}

/** The number of whoever has the name in a file such as `/etc/passwd`. */
function entryOf(text: string, name: string): number | undefined {
  const id = text
    .split('\n')
    .map(line => line.split(':'))
    .find(([first]) => first === name)?.[2]
  return id === undefined ? undefined : Number(id)
}

const configured = (text: string, key: string) => new RegExp(`^\\s*${key}\\s*=\\s*"([^"]*)"`, 'm').exec(text)?.[1]
