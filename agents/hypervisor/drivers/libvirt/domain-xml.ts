import type { Guest, GuestNic } from '../../contract/guest.ts'
import { type Element, element, writeXml } from './xml.ts'

/** What of the host goes into a guest's domain. */
export interface Machine {
  readonly virtType: 'kvm' | 'qemu'
  /** The guest's directory: `/var/lib/nova/instances/<uuid>`. */
  readonly directory: string
  /** `none` where the file system can bypass the page cache, else `writeback`. */
  readonly cache: 'none' | 'writeback'
  /** Where screens are served; the proxy reaches them, nobody else. */
  readonly vncListen: string
  /** Of this program: guests read it as their machine's version. */
  readonly version: string
}

const novaNamespace = 'http://openstack.org/xmlns/libvirt/nova/1.1'

/** A guest as libvirt wants to be told of it. The same guest on the same machine gives the same text, always. */
export function domainXml(guest: Guest, machine: Machine): string {
  return writeXml(
    element('domain', { type: machine.virtType }, [
      element('uuid', {}, [guest.uuid]),
      element('name', {}, [guest.name]),
      element('memory', { unit: 'KiB' }, [`${guest.memoryMb * 1024}`]),
      element('vcpu', {}, [`${guest.vcpus}`]),
      element('metadata', {}, [origin(guest, machine)]),
      identity(guest, machine),
      element('os', {}, [
        element('type', { arch: 'x86_64', machine: 'pc' }, ['hvm']),
        element('boot', { dev: 'hd' }),
        element('smbios', { mode: 'sysinfo' }),
      ]),
      element('features', {}, [element('acpi'), element('apic')]),
      processor(guest, machine),
      element('clock', { offset: 'utc' }, [
        element('timer', { name: 'pit', tickpolicy: 'delay' }),
        element('timer', { name: 'rtc', tickpolicy: 'catchup' }),
        element('timer', { name: 'hpet', present: 'no' }),
      ]),
      element('devices', {}, [...disks(guest, machine), ...guest.nics.map(nic), ...consoles(machine), ...comforts()]),
    ]),
  )
}

/** For people and tools that read a domain: whose it is. Nothing depends on it. */
function origin({ displayName, memoryMb, diskGb, vcpus, image, nics, origin }: Guest, { version }: Machine): Element {
  const { flavor, user, project, createdAt } = origin
  return element('nova:instance', { 'xmlns:nova': novaNamespace }, [
    element('nova:package', { version }),
    element('nova:name', {}, [displayName]),
    element('nova:creationTime', {}, [createdAt.replace('T', ' ').replace(/(\.\d+)?Z$/, '')]),
    element('nova:flavor', { name: flavor.name }, [
      element('nova:memory', {}, [`${memoryMb}`]),
      element('nova:disk', {}, [`${diskGb}`]),
      element('nova:swap', {}, [`${flavor.swapMb}`]),
      element('nova:ephemeral', {}, [`${flavor.ephemeralGb}`]),
      element('nova:vcpus', {}, [`${vcpus}`]),
    ]),
    element('nova:owner', {}, [
      element('nova:user', { uuid: user.id }, [user.name]),
      element('nova:project', { uuid: project.id }, [project.name]),
    ]),
    image && element('nova:root', { type: 'image', uuid: image.id }),
    nics.length > 0 && element('nova:ports', {}, nics.map(port)),
  ])
}

const port = ({ portId, fixedIps = [] }: GuestNic): Element =>
  element(
    'nova:port',
    { uuid: portId },
    fixedIps.map(({ address, version }) => element('nova:ip', { type: 'fixed', address, ipVersion: version })),
  )

/** What the guest reads about its maker in SMBIOS. Guests and cloud-init recognise an OpenStack by these words. */
const identity = ({ uuid }: Guest, { version }: Machine): Element =>
  element('sysinfo', { type: 'smbios' }, [
    element(
      'system',
      {},
      Object.entries({
        manufacturer: 'OpenStack Foundation',
        product: 'OpenStack Nova',
        version,
        serial: uuid,
        uuid,
        family: 'Virtual Machine',
      }).map(([name, value]) => element('entry', { name }, [value])),
    ),
  ])

const processor = ({ vcpus }: Guest, { virtType }: Machine): Element =>
  element('cpu', virtType === 'kvm' ? { mode: 'host-model', check: 'partial' } : {}, [
    element('topology', { sockets: vcpus, cores: 1, threads: 1 }),
  ])

function disks(guest: Guest, { directory, cache }: Machine): Element[] {
  const root = disk({ path: `${directory}/disk`, format: 'qcow2', device: 'vda', cache })
  const volumes = (guest.volumes ?? []).map(({ path, format, device, volumeId }) => disk({ path, format, device, cache, serial: volumeId }))
  const drive = element('disk', { type: 'file', device: 'cdrom' }, [
    element('driver', { name: 'qemu', type: 'raw', cache }),
    element('source', { file: `${directory}/disk.config` }),
    element('target', { dev: 'hda', bus: 'ide' }),
    element('readonly'),
  ])
  return [root, ...volumes, ...(guest.configDrive ? [drive] : [])]
}

interface Disk {
  readonly path: string
  readonly format: string
  readonly device: string
  readonly cache: string
  /** How the guest knows a volume among its disks. */
  readonly serial?: string
}

function disk({ path, format, device, cache, serial }: Disk): Element {
  const isDevice = path.startsWith('/dev/')
  return element('disk', { type: isDevice ? 'block' : 'file', device: 'disk' }, [
    element('driver', { name: 'qemu', type: format, cache, discard: 'unmap' }),
    element('source', isDevice ? { dev: path } : { file: path }),
    element('target', { dev: device, bus: 'virtio' }),
    serial !== undefined && element('serial', {}, [serial]),
  ])
}

const nic = ({ macAddress, bridge, tap, mtu }: GuestNic): Element =>
  element('interface', { type: 'bridge' }, [
    element('mac', { address: macAddress }),
    element('source', { bridge }),
    element('target', { dev: tap }),
    element('model', { type: 'virtio' }),
    mtu !== undefined && element('mtu', { size: mtu }),
  ])

/** One serial line that people can talk over and that is written down at the same time, and a screen. */
const consoles = ({ directory, vncListen }: Machine): Element[] => [
  element('serial', { type: 'pty' }, [element('log', { file: `${directory}/console.log`, append: 'off' }), element('target', { port: 0 })]),
  element('console', { type: 'pty' }, [element('target', { type: 'serial', port: 0 })]),
  element('input', { type: 'tablet', bus: 'usb' }),
  element('graphics', { type: 'vnc', port: -1, autoport: 'yes' }, [element('listen', { type: 'address', address: vncListen })]),
  element('video', {}, [element('model', { type: 'virtio' })]),
]

const comforts = (): Element[] => [
  element('memballoon', { model: 'virtio' }, [element('stats', { period: 10 })]),
  element('rng', { model: 'virtio' }, [element('backend', { model: 'random' }, ['/dev/urandom'])]),
]
