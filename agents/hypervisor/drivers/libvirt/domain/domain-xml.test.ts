import { expect, test } from 'vitest'
import { aGuest, aNic } from '../../../guests/kit.ts'
import { usualOptions } from '../libvirt-options.ts'
import { domainXml } from './domain-xml.ts'
import { type Machine, plainAbilities } from './machine.ts'
import { find, parseXml } from '../xml.ts'

const machine: Machine = {
  virtType: 'qemu',
  directory: '/var/lib/nova/instances/da0e8cfc-46f9-416d-a828-000000000003',
  cache: 'none',
  version: '0.1.0',
  options: usualOptions,
  host: plainAbilities,
  serialPorts: [],
}

test('a guest is told to libvirt in exactly these words', () => {
  const guest = aGuest(3, { displayName: 'a <b> & "c"', nics: [{ ...aNic(1), mtu: 1450 }] })
  expect(domainXml(guest, machine)).toBe(`<domain type="qemu">
  <uuid>da0e8cfc-46f9-416d-a828-000000000003</uuid>
  <name>instance-00000003</name>
  <memory unit="KiB">65536</memory>
  <vcpu>1</vcpu>
  <metadata>
    <nova:instance xmlns:nova="http://openstack.org/xmlns/libvirt/nova/1.1">
      <nova:package version="0.1.0"/>
      <nova:name>a &#60;b&#62; &#38; &#34;c&#34;</nova:name>
      <nova:creationTime>2017-02-07 02:54:00</nova:creationTime>
      <nova:flavor name="m1.nano">
        <nova:memory>64</nova:memory>
        <nova:disk>1</nova:disk>
        <nova:swap>0</nova:swap>
        <nova:ephemeral>0</nova:ephemeral>
        <nova:vcpus>1</nova:vcpus>
      </nova:flavor>
      <nova:owner>
        <nova:user uuid="7a1f0c6d2f6b4b0c8d6f3b6e3f1d2c4a">demo</nova:user>
        <nova:project uuid="b9e1d0c4a2f34c5d8e7f60718293a4b5">demo</nova:project>
      </nova:owner>
      <nova:root type="image" uuid="5c242396-3c7b-4bc6-bec1-3df8eb57d53d"/>
      <nova:ports>
        <nova:port uuid="6a790b23-29d7-4b6a-9a3e-1f2d3c4b5a69">
          <nova:ip type="fixed" address="192.168.56.101" ipVersion="4"/>
        </nova:port>
      </nova:ports>
    </nova:instance>
  </metadata>
  <sysinfo type="smbios">
    <system>
      <entry name="manufacturer">OpenStack Foundation</entry>
      <entry name="product">OpenStack Nova</entry>
      <entry name="version">0.1.0</entry>
      <entry name="serial">da0e8cfc-46f9-416d-a828-000000000003</entry>
      <entry name="uuid">da0e8cfc-46f9-416d-a828-000000000003</entry>
      <entry name="family">Virtual Machine</entry>
    </system>
  </sysinfo>
  <os>
    <type arch="x86_64" machine="pc">hvm</type>
    <boot dev="hd"/>
    <smbios mode="sysinfo"/>
  </os>
  <features>
    <acpi/>
    <apic/>
    <vmcoreinfo state="on"/>
  </features>
  <cpu>
    <topology sockets="1" cores="1" threads="1"/>
  </cpu>
  <clock offset="utc"/>
  <devices>
    <disk type="file" device="disk">
      <driver name="qemu" type="qcow2" cache="none" discard="unmap"/>
      <source file="/var/lib/nova/instances/da0e8cfc-46f9-416d-a828-000000000003/disk"/>
      <target dev="vda" bus="virtio"/>
    </disk>
    <interface type="bridge">
      <mac address="fa:16:3e:00:00:01"/>
      <source bridge="brq33b9ef50-35"/>
      <target dev="tap6a790b23-29"/>
      <model type="virtio"/>
      <mtu size="1450"/>
    </interface>
    <serial type="pty">
      <log file="/var/lib/nova/instances/da0e8cfc-46f9-416d-a828-000000000003/console.log" append="off"/>
      <target port="0"/>
    </serial>
    <console type="pty">
      <target type="serial" port="0"/>
    </console>
    <graphics type="vnc" port="-1" autoport="yes">
      <listen type="address" address="127.0.0.1"/>
    </graphics>
    <video>
      <model type="virtio"/>
    </video>
    <input type="tablet" bus="usb"/>
    <rng model="virtio">
      <backend model="random">/dev/urandom</backend>
    </rng>
    <memballoon model="virtio">
      <stats period="10"/>
    </memballoon>
  </devices>
</domain>
`)
})

test('volumes, a configuration drive and the processor of the host are there when asked for', () => {
  const volumes = [{ volumeId: 'f3a1', path: '/dev/sdx', format: 'raw', device: 'vdb' }] as const
  const xml = domainXml(aGuest(3, { volumes }), { ...machine, virtType: 'kvm', drive: '/i/disk.config' })
  expect(xml).toContain('<source dev="/dev/sdx"/>\n      <target dev="vdb" bus="virtio"/>\n      <serial>f3a1</serial>')
  expect(xml).toContain('disk.config"/>\n      <target dev="hda" bus="ide"/>\n      <readonly/>')
  expect(xml).toContain('<cpu mode="host-model" match="exact" check="partial">')
})

test('no display name can break out of its element', () => {
  const evil = '</nova:name></metadata><devices>\u0000\u001b]]>'
  const told = parseXml(domainXml(aGuest(3, { displayName: evil }), machine))
  expect(find(told, 'metadata', 'nova:instance', 'nova:name')?.children.join('')).toBe('</nova:name></metadata><devices>\ufffd\ufffd]]>')
})
