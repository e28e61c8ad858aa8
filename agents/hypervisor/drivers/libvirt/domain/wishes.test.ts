import { describe, expect, test } from 'vitest'
import type { Guest } from '../../../contract/guest.ts'
import { aGuest, aNic } from '../../../guests/kit.ts'
import { usualOptions } from '../libvirt-options.ts'
import { domainXml } from './domain-xml.ts'
import { type Machine, plainAbilities } from './machine.ts'
import { cpuSet, setText } from '../../../contract/wishes.ts'

const machine: Machine = {
  virtType: 'qemu',
  directory: '/i',
  cache: 'none',
  version: '0.1.0',
  options: usualOptions,
  host: plainAbilities,
  serialPorts: [],
}

type Words = Readonly<Record<string, string>>
const told = (image: Words, flavor: Words = {}, more: Partial<Guest> = {}, on: Partial<Machine> = {}) =>
  domainXml(aGuest(3, { imageProperties: image, extraSpecs: flavor, nics: [aNic(1)], ...more }), { ...machine, ...on }).replace(
    /\n\s*/g,
    '',
  )

describe('what an image wishes of the machine', () => {
  test.each<[Words, string]>([
    [{ hw_disk_bus: 'scsi' }, '<target dev="sda" bus="scsi"/>'],
    [{ hw_disk_bus: 'scsi' }, '<controller type="scsi" index="0" model="virtio-scsi"/>'],
    [{ hw_disk_bus: 'scsi', hw_scsi_model: 'lsilogic' }, '<controller type="scsi" index="0" model="lsilogic"/>'],
    [{ hw_disk_bus: 'sata' }, '<target dev="sda" bus="sata"/>'],
    [{ hw_vif_model: 'e1000' }, '<model type="e1000"/>'],
    [{ hw_video_model: 'vga' }, '<model type="vga"/>'],
    [{ hw_machine_type: 'q35' }, '<type arch="x86_64" machine="q35">hvm</type>'],
    [{ hw_boot_menu: 'true' }, '<bootmenu enable="yes"/>'],
    [{ hw_watchdog_action: 'reset' }, '<watchdog model="i6300esb" action="reset"/>'],
    [{ hw_qemu_guest_agent: 'yes' }, '<target type="virtio" name="org.qemu.guest_agent.0"/>'],
    [{ hw_input_bus: 'virtio' }, '<input type="tablet" bus="virtio"/><input type="keyboard" bus="virtio"/>'],
    [{ os_type: 'windows' }, '<clock offset="localtime"/>'],
    [{ hw_pmu: 'false' }, '<pmu state="off"/>'],
    [{ img_hide_hypervisor_id: 'true' }, '<kvm><hidden state="on"/></kvm>'],
  ])('%j is met', (image, xml) => {
    expect(told(image)).toContain(xml)
  })

  test.each<[Words, string]>([
    [{ hw_disk_bus: 'floppy' }, "Requested hardware 'floppy' is not supported by the 'libvirt' virt driver"],
    [{ hw_vif_model: 'ne9000' }, "Requested hardware 'ne9000' is not supported by the 'libvirt' virt driver"],
    [{ hw_video_model: 'eyes' }, 'Provided video model (eyes) is not supported.'],
    [{ hw_video_ram: '64' }, 'The requested amount of video memory 64 is higher than the maximum allowed by flavor 0.'],
    [{ hw_firmware_type: 'uefi' }, 'UEFI is not supported: this host has no firmware for pc (package ovmf).'],
    [{ hw_firmware_type: 'uefi', os_secure_boot: 'required' }, 'Secure Boot is not supported by host'],
    [{ hw_watchdog_action: 'bark' }, 'hw:watchdog_action = bark is not among none, pause, poweroff, reset, disabled.'],
    [{ hw_architecture: 'aarch64' }, 'Architecture aarch64 is not supported on this host.'],
    [{ hw_tpm_version: '2.0' }, 'This hypervisor offers no guest an emulated TPM.'],
    [{ hw_cpu_max_sockets: '1', hw_cpu_max_cores: '1' }, 'Requested vCPU limits 1:1:2 are impossible to satisfy for vcpus count 2'],
  ])('%j is refused', (image, message) => {
    const threads: Words = 'hw_cpu_max_cores' in image ? { hw_cpu_max_threads: '3' } : {}
    const vcpus = 'hw_cpu_max_cores' in image ? { vcpus: 5 } : {}
    const expected = 'hw_cpu_max_cores' in image ? message.replace('1:1:2', '1:1:3').replace('count 2', 'count 5') : message
    expect(() => told({ ...image, ...threads }, {}, vcpus)).toThrow(expected)
  })

  test('a machine type that the hypervisor does not know is refused', () => {
    const host = { ...plainAbilities, machineTypes: new Set(['pc', 'q35']) }
    expect(() => told({ hw_machine_type: 'q34' }, {}, {}, { host })).toThrow('Machine type q34 is not known')
  })

  test('UEFI is what is installed for the machine, signed when it must be', () => {
    const plain = {
      loader: '/fw/CODE.fd',
      nvramTemplate: '/fw/VARS.fd',
      machines: ['pc-i440fx-*', 'pc-q35-*'],
      isSecure: false,
      needsSmm: false,
    }
    const signed = { ...plain, loader: '/fw/CODE.ms.fd', machines: ['pc-q35-*'], isSecure: true, needsSmm: true }
    const host = { ...plainAbilities, firmwares: [signed, plain] }
    const uefi = { hw_firmware_type: 'uefi' }
    expect(told(uefi, {}, {}, { host })).toContain(
      '<loader readonly="yes" type="pflash">/fw/CODE.fd</loader><nvram template="/fw/VARS.fd"/>',
    )
    const secure = told({ ...uefi, hw_machine_type: 'q35' }, { 'os:secure_boot': 'required' }, {}, { host })
    expect(secure).toContain('<loader readonly="yes" secure="yes" type="pflash">/fw/CODE.ms.fd</loader>')
    expect(secure).toContain('<smm state="on"/>')
  })
})

test('a guest of Microsoft’s finds the doors it looks for where the processor helps', () => {
  expect(told({ os_type: 'windows' }, {}, {}, { virtType: 'kvm' })).toContain('<spinlocks state="on" retries="8191"/>')
  expect(told({ os_type: 'windows' })).not.toContain('hyperv')
})

describe('what a flavor wishes of the machine', () => {
  test.each<[Words, string]>([
    [{ 'quota:disk_read_iops_sec': '100' }, '<iotune><read_iops_sec>100</read_iops_sec></iotune>'],
    [{ 'quota:vif_inbound_average': '128', 'quota:vif_inbound_peak': '256' }, '<bandwidth><inbound average="128" peak="256"/></bandwidth>'],
    [{ 'quota:cpu_shares': '512', 'quota:cpu_quota': '10000' }, '<cputune><shares>512</shares><quota>10000</quota></cputune>'],
    [{ 'hw_rng:rate_bytes': '2048', 'hw_rng:rate_period': '1000' }, '<rate bytes="2048" period="1000"/>'],
    [{ 'hw:cpu_sockets': '1', 'hw:cpu_cores': '4' }, '<topology sockets="1" cores="4" threads="1"/>'],
    [{ 'hw:cpu_max_sockets': '2' }, '<topology sockets="2" cores="2" threads="1"/>'],
    [{ 'hw:vif_multiqueue_enabled': 'true' }, '<driver queues="4"/>'],
    [{ 'hw:locked_memory': 'true', 'hw:mem_page_size': 'small' }, '<memoryBacking><locked/></memoryBacking>'],
    [{ 'hw:watchdog_action': 'poweroff' }, '<watchdog model="i6300esb" action="poweroff"/>'],
  ])('%j is met', (flavor, xml) => {
    expect(told({}, flavor, { vcpus: 4 })).toContain(xml)
  })

  test('video memory is what the image asks for within what the flavor allows', () => {
    expect(told({ hw_video_ram: '32' }, { 'hw_video:ram_max_mb': '64' })).toContain('<model type="virtio" vram="32768"/>')
  })

  test('no chance is given where the flavor forbids it', () => {
    expect(told({}, { 'hw_rng:allowed': 'false' })).not.toContain('<rng')
  })

  test('limits of processor time are refused where the host cannot keep them', () => {
    const host = { ...plainAbilities, limitsCpus: false }
    expect(() => told({}, { 'quota:cpu_shares': '512' }, {}, { host })).toThrow('Requested CPU control policy not supported by host')
  })
})

describe('a guest with more than one disk', () => {
  const more = { ephemerals: [{ sizeGb: 1 }], swapMb: 64 }
  const drive = '/i/disk.config'
  const targets = (xml: string) => [...xml.matchAll(/<target dev="(\w+)" bus="(\w+)"\/>/g)].map(([, dev, bus]) => `${dev} ${bus}`)

  test('sees its root first, then the empty ones, then swap; the drive is a disc', () => {
    expect(targets(told({}, {}, more, { drive }))).toEqual(['vda virtio', 'vdb virtio', 'vdc virtio', 'hda ide'])
  })

  test('has its drive as a disk where drives are file systems', () => {
    const options = { ...usualOptions, driveFormat: 'vfat' } as const
    expect(targets(told({}, {}, more, { options, drive }))).toEqual(['vda virtio', 'vdb virtio', 'vdc virtio', 'vdd virtio'])
  })

  test('reaches its drive by the bus its image names, with a controller its image knows', () => {
    const xml = told({ hw_cdrom_bus: 'scsi' }, {}, more, { drive })
    expect(targets(xml)).toEqual(['vda virtio', 'vdb virtio', 'vdc virtio', 'sda scsi'])
    expect(xml).toContain('<controller type="scsi" index="0" model="virtio-scsi"/>')
    expect(() => told({ hw_cdrom_bus: 'virtio' }, {}, more, { drive })).toThrow('hw_cdrom_bus = virtio is not among scsi, sata, ide, usb.')
  })

  test('sees the rescue disk and its root behind it while it is rescued', () => {
    const { image } = aGuest(3)
    const xml = told({}, {}, { ...more, rescueImage: image }, { drive: '/i/disk.config.rescue' })
    expect(targets(xml)).toEqual(['vda virtio', 'vdb virtio', 'hda ide'])
    expect([...xml.matchAll(/<source file="([^"]+)"\/>/g)].map(([, file]) => file)).toEqual([
      '/i/disk.rescue',
      '/i/disk',
      '/i/disk.config.rescue',
    ])
  })

  test('starts from the volume that is its root', () => {
    const volumes = [{ volumeId: 'f3a1', path: '/dev/sdx', format: 'raw', device: 'vda', bootIndex: 0 }] as const
    const xml = told({}, {}, { image: undefined, volumes })
    expect(xml).toContain('<serial>f3a1</serial><boot order="1"/>')
    expect(xml).not.toContain('<boot dev=')
  })
})

test('a kernel beside the image is started by the hypervisor itself, but for a rescue', () => {
  const { image } = aGuest(3)
  if (!image) throw new Error('the example guest has an image')
  const kernel = { image, ramdisk: image }
  expect(told({}, {}, { kernel })).toContain(
    '<kernel>/i/kernel</kernel><initrd>/i/ramdisk</initrd><cmdline>root=/dev/vda console=tty0 console=ttyS0 console=hvc0 no_timer_check</cmdline>',
  )
  expect(told({ os_command_line: 'quiet' }, {}, { kernel })).toContain('<cmdline>quiet</cmdline>')
  expect(told({}, {}, { kernel, rescueImage: image })).not.toContain('<kernel>')
})

test('serial lines are served where the configuration says so, as many as are asked for', () => {
  const options = { ...usualOptions, serial: { isOn: true, listen: '127.0.0.1', firstPort: 10_000, lastPort: 10_010 } }
  const xml = told({}, {}, {}, { options, serialPorts: [10_000, 10_001] })
  expect(xml).toContain('<source mode="bind" host="127.0.0.1" service="10001"/>')
  expect(xml.match(/<log file/g)).toHaveLength(1)
})

test('sets of processors are read and written', () => {
  expect(cpuSet('0-3,^2,7', 'x')).toEqual([0, 1, 3, 7])
  expect(setText([7, 0, 1, 3])).toBe('0-1,3,7')
  expect(() => cpuSet('all', 'x')).toThrow('x = all is no set of processors.')
})
