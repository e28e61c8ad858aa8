import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { inspect } from './inspect.ts'
import { type FormatRules, judge } from './judge.ts'

const rules: FormatRules = {
  mustMatch: true,
  unrecognizedLimit: 1024,
  maxVirtualBytes: 2 ** 46,
  vmdkTypes: ['streamOptimized', 'monolithicSparse'],
}
const bare = (diskFormat: string) => ({ diskFormat, containerFormat: 'bare' })
const verdict = (bytes: Buffer, diskFormat: string) => {
  const whole = Buffer.concat([bytes, Buffer.alloc(Math.max(0, 65_536 - bytes.length))])
  return judge(inspect(whole, whole.subarray(-512), whole.length), bare(diskFormat), rules, whole.length)
}

function qcow2({ version = 3, backing = 0n, size = 2n ** 30n, features = 0n } = {}) {
  const header = Buffer.alloc(512)
  header.write('QFI\xfb', 'latin1')
  header.writeUInt32BE(version, 4)
  header.writeBigUInt64BE(backing, 8)
  header.writeBigUInt64BE(size, 24)
  header.writeBigUInt64BE(features, 72)
  return header
}

function vmdk(descriptor: string, { version = 1, at = 1n } = {}) {
  const header = Buffer.alloc(512 + 1024)
  header.write('KDMV', 'latin1')
  header.writeUInt32LE(version, 4)
  header.writeBigUInt64LE(2048n, 12)
  header.writeBigUInt64LE(at, 28)
  header.writeBigUInt64LE(2n, 36)
  header.write(descriptor, 512, 'latin1')
  return header
}
const descriptor =
  '# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=ffffffff\ncreateType="monolithicSparse"\nRW 2048 SPARSE "disk.vmdk"\nddb.adapterType = "ide"\n'

describe('a qcow2', () => {
  test('says how large its disk is', () => {
    expect(inspect(qcow2(), Buffer.alloc(0), 512)).toEqual({ format: 'qcow2', virtualSizeBytes: 2 ** 30, dangers: [] })
    expect(verdict(qcow2(), 'qcow2')).toBeUndefined()
  })

  test.each([
    ['names a backing file', { backing: 512n }, 'it names a backing file'],
    ['keeps its data in another file', { features: 4n }, 'it keeps its data in another file'],
    ['has features nobody knows', { features: 1n << 40n }, 'it has features nobody knows'],
    ['is of a version nobody knows', { version: 9 }, 'its version is 9'],
    ['would unpack to an absurd size', { size: 2n ** 60n }, 'bytes when unpacked'],
  ])('that %s is refused, whatever it was declared to be', (_, parts, why) => {
    for (const declared of ['qcow2', 'raw', 'ami']) expect(verdict(qcow2(parts), declared)).toContain(why)
  })

  test('in the disguise of a raw disk is refused', () => {
    expect(verdict(qcow2(), 'raw')).toBe('Image content is qcow2, but disk_format was declared to be raw.')
  })
})

describe('a VMDK', () => {
  test('that holds its data itself is taken', () => {
    expect(verdict(vmdk(descriptor), 'vmdk')).toBeUndefined()
    expect(inspect(vmdk(descriptor), Buffer.alloc(0), 1536).virtualSizeBytes).toBe(2 ** 20)
  })

  test.each([
    ['names a file elsewhere', vmdk(descriptor.replace('disk.vmdk', '/etc/shadow')), 'names a file elsewhere'],
    ['names no extent', vmdk('createType="monolithicSparse"\n'), 'names no extent'],
    [
      'is of a kind that is not allowed',
      vmdk(descriptor.replace('monolithicSparse', 'monolithicFlat')),
      'monolithicFlat, which is not allowed',
    ],
    ['hides its descriptor', vmdk(descriptor, { at: 5n }), 'not where it belongs'],
    ['is nothing but a descriptor', Buffer.from(descriptor), 'a descriptor of other files'],
  ])('that %s is refused', (_, bytes, why) => expect(verdict(bytes, 'vmdk')).toContain(why))
})

describe('other formats', () => {
  const vdi = Buffer.alloc(512)
  vdi.writeUInt32LE(0xbeda107f, 0x40)
  const vhd = Buffer.alloc(512)
  vhd.write('conectix', 'latin1')
  vhd.writeBigUInt64BE(2n ** 20n, 48)
  const iso = Buffer.alloc(0x8010)
  iso.write('CD001', 0x8001, 'latin1')
  const known = { qcow2: qcow2(), vmdk: vmdk(descriptor), vdi, vhd, vhdx: Buffer.from('vhdxfile'), iso }

  test.each(Object.entries(known))('%s is known, and no other', (format, bytes) => {
    for (const declared of ['qcow2', 'vmdk', 'vdi', 'vhd', 'vhdx'])
      expect([declared, verdict(bytes, declared)]).toEqual([declared, declared === format ? undefined : expect.stringContaining(format)])
  })

  test('a fixed VHD is known by its end', () => {
    const bytes = Buffer.concat([Buffer.alloc(70_000), vhd])
    expect(inspect(bytes, bytes.subarray(-512), bytes.length).format).toBe('vhd')
  })

  test('what is no disk at all is taken only while it is smaller than any', () => {
    const random = Buffer.alloc(2000, 7)
    expect(judge(inspect(random, random.subarray(-512), 2000), bare('qcow2'), rules, 2000)).toContain('of no known format')
    expect(judge(inspect(random, random.subarray(-512), 2000), bare('qcow2'), { ...rules, unrecognizedLimit: 2000 }, 2000)).toBeUndefined()
    expect(judge(inspect(random, random.subarray(-512), 2000), bare('raw'), rules, 2000)).toBeUndefined()
  })

  test('what lies in a container is not looked into', () => {
    expect(judge(inspect(qcow2(), Buffer.alloc(0), 512), { diskFormat: 'vmdk', containerFormat: 'ova' }, rules, 512)).toBeUndefined()
  })
})

test('whatever comes, looking at it neither throws nor reads past it', () => {
  const starts = ['', 'QFI\xfb', 'KDMV', 'vhdxfile', 'conectix', 'QED\0', '# Disk DescriptorFile'].map(text => Buffer.from(text, 'latin1'))
  fc.assert(
    fc.property(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 2048 }), fc.nat(2048), (start, rest, cut) => {
      const around = Buffer.concat([start, rest, Buffer.from('secret')])
      const seen = around.subarray(0, Math.min(cut, start.length + rest.length))
      const found = inspect(seen, seen.subarray(-512), seen.length)
      const copy = Buffer.from(seen)
      expect(found).toEqual(inspect(copy, copy.subarray(-512), copy.length))
      for (const declared of ['raw', 'qcow2', 'vmdk']) judge(found, bare(declared), rules, seen.length)
    }),
  )
})

test('a VHDX says its size through two tables, and lies in them are harmless', () => {
  const bytes = Buffer.alloc(2 ** 20)
  bytes.write('vhdxfile', 'latin1')
  const table = 192 * 1024
  bytes.write('regi', table, 'latin1')
  bytes.writeUInt32LE(1, table + 8)
  Buffer.from('06a27c8b90479a4bb8fe575f050f886e', 'hex').copy(bytes, table + 16)
  bytes.writeBigUInt64LE(300_000n, table + 32)
  bytes.write('metadata', 300_000, 'latin1')
  bytes.writeUInt16LE(1, 300_010)
  Buffer.from('2442a52f1bcd7648b2115dbed83bf4b8', 'hex').copy(bytes, 300_032)
  bytes.writeUInt32LE(65_536, 300_048)
  bytes.writeBigUInt64LE(2n ** 33n, 365_536)
  expect(inspect(bytes, bytes.subarray(-512), bytes.length)).toMatchObject({ format: 'vhdx', virtualSizeBytes: 2 ** 33 })
  bytes.writeBigUInt64LE(2n ** 63n, table + 32)
  expect(inspect(bytes, bytes.subarray(-512), bytes.length).virtualSizeBytes).toBeNull()
})
