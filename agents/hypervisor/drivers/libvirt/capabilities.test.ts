import { expect, test } from 'vitest'
import { readCapabilities } from './capabilities.ts'
import { traitsOf } from './traits.ts'

const xml = `<capabilities>
  <host>
    <uuid>2b9fd2c4-5a0d-4d6e-9a3e-1f2d3c4b5a69</uuid>
    <cpu>
      <arch>x86_64</arch><model>Skylake-Server</model><vendor>Intel</vendor>
      <topology sockets='1' dies='1' cores='2' threads='2'/>
      <feature name='avx2'/><feature name='vmx'/><feature name='unheard-of'/>
    </cpu>
    <topology>
      <cells num='1'>
        <cell id='0'>
          <memory unit='KiB'>4194304</memory>
          <pages unit='KiB' size='4'>1048576</pages>
          <pages unit='KiB' size='2048'>16</pages>
          <cpus num='4'>
            <cpu id='0' socket_id='0' core_id='0' siblings='0,2'/>
            <cpu id='1' socket_id='0' core_id='1' siblings='1,3'/>
            <cpu id='2' socket_id='0' core_id='0' siblings='0,2'/>
            <cpu id='3' socket_id='0' core_id='1' siblings='1,3'/>
          </cpus>
        </cell>
      </cells>
    </topology>
  </host>
  <guest>
    <os_type>hvm</os_type>
    <arch name='x86_64'>
      <wordsize>64</wordsize>
      <machine maxCpus='255'>pc-i440fx-7.2</machine>
      <machine canonical='pc-i440fx-7.2' maxCpus='255'>pc</machine>
      <machine canonical='pc-q35-7.2' maxCpus='288'>q35</machine>
      <domain type='qemu'/><domain type='kvm'/>
    </arch>
  </guest>
  <guest><os_type>hvm</os_type><arch name='i686'><machine>isapc</machine><domain type='qemu'/></arch></guest>
</capabilities>`

test('what libvirt says of the host is read', () => {
  const { cpu, cells, supported, machineTypes, hostUuid } = readCapabilities(xml)
  expect(cpu).toEqual({
    arch: 'x86_64',
    model: 'Skylake-Server',
    vendor: 'Intel',
    features: ['avx2', 'vmx', 'unheard-of'],
    topology: { cells: 1, sockets: 1, cores: 2, threads: 2 },
  })
  expect(cells).toEqual([
    {
      id: 0,
      cpus: [0, 1, 2, 3],
      siblings: [
        [0, 2],
        [1, 3],
      ],
      memoryMb: 4096,
      pages: [
        { sizeKb: 4, total: 1_048_576, free: 1_048_576 },
        { sizeKb: 2048, total: 16, free: 16 },
      ],
    },
  ])
  expect(supported).toEqual([
    ['x86_64', 'qemu', 'hvm'],
    ['x86_64', 'kvm', 'hvm'],
    ['i686', 'qemu', 'hvm'],
  ])
  expect([...machineTypes]).toEqual(['pc-i440fx-7.2', 'pc', 'q35', 'pc-q35-7.2'])
  expect(hostUuid).toBe('2b9fd2c4-5a0d-4d6e-9a3e-1f2d3c4b5a69')
})

test('placement is told what the processor can by its own names, and nothing it has no name for', () => {
  const traits = traitsOf(readCapabilities(xml).cpu, [])
  expect(traits.filter(each => each.startsWith('HW_'))).toEqual(['HW_CPU_X86_AVX2', 'HW_CPU_X86_INTEL_VMX', 'HW_CPU_X86_VMX'])
  expect(traits).toContain('COMPUTE_NET_VIF_MODEL_VIRTIO')
})
