import { expect, test } from 'vitest'
import { qemuUserOf } from './qemu-user.ts'

const passwd = 'root:x:0:0::/root:/bin/sh\nlibvirt-qemu:x:64055:109::/:/bin/false\n'
const groups = 'root:x:0:\nkvm:x:105:libvirt-qemu\n'
const device = (mode: number, gid = 105) => ({ mode, uid: 0, gid })
const rw = 0o6

test('the user that Debian gives QEMU opens what its group or everybody may open, and nothing else', () => {
  const user = qemuUserOf({ conf: '#user = "x"\n', passwd, groups })
  expect(user).toMatchObject({ name: 'libvirt-qemu', group: 'kvm', isChosen: false, exists: true })
  expect([device(0o660), device(0o666, 0), device(0o660, 0), device(0o600)].map(each => user.may(each, rw))).toEqual([
    true,
    true,
    false,
    false,
  ])
})

test('who is chosen is asked for by name or number, root may all, and a group counts that is chosen beside it', () => {
  expect(qemuUserOf({ conf: 'user = "+0"\n', passwd, groups }).may(device(0o600), rw)).toBe(true)
  expect(qemuUserOf({ conf: 'user = "qemu"\n', passwd, groups })).toMatchObject({ name: 'qemu', isChosen: true, exists: false })
  expect(qemuUserOf({ conf: 'user = "64055"\n', passwd, groups }).may({ mode: 0o600, uid: 64055, gid: 0 }, rw)).toBe(true)
  expect(qemuUserOf({ conf: 'user = "nobody"\ngroup = "kvm"\n', passwd: '', groups }).may(device(0o660), rw)).toBe(true)
})
