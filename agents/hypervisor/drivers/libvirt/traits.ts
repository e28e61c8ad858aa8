import type { HostCpu } from '../../contract/host.ts'
import type { Firmware } from './domain/machine.ts'

/** libvirt's words for what a processor can, and placement's. */
// biome-ignore format: a table
const ofProcessor: Readonly<Record<string, string>> = {
  '3dnow': '3DNOW', abm: 'ABM', aes: 'AESNI', avx: 'AVX', avx2: 'AVX2', avx512bw: 'AVX512BW', avx512cd: 'AVX512CD', avx512dq: 'AVX512DQ',
  avx512er: 'AVX512ER', avx512f: 'AVX512F', avx512pf: 'AVX512PF', avx512vl: 'AVX512VL', avx512vnni: 'AVX512VNNI', avx512vbmi: 'AVX512VBMI',
  avx512ifma: 'AVX512IFMA', avx512vbmi2: 'AVX512VBMI2', avx512bitalg: 'AVX512BITALG', vaes: 'AVX512VAES', gfni: 'AVX512GFNI',
  vpclmulqdq: 'AVX512VPCLMULQDQ', 'avx512-vpopcntdq': 'AVX512VPOPCNTDQ', bmi1: 'BMI', bmi2: 'BMI2', pclmuldq: 'CLMUL', pclmulqdq: 'CLMUL',
  f16c: 'F16C', fma: 'FMA3', fma4: 'FMA4', mmx: 'MMX', mpx: 'MPX', 'sha-ni': 'SHA', sse: 'SSE', sse2: 'SSE2', sse3: 'SSE3', pni: 'SSE3',
  'sse4.1': 'SSE41', 'sse4.2': 'SSE42', sse4a: 'SSE4A', ssse3: 'SSSE3', svm: 'SVM', tbm: 'TBM', vmx: 'VMX', xop: 'XOP',
}

/** What every host of this driver can, whatever its hardware. */
// biome-ignore format: a table
const always: readonly string[] = [
  'NODE', 'IMAGE_TYPE_QCOW2', 'IMAGE_TYPE_RAW', 'IMAGE_TYPE_ISO', 'IMAGE_TYPE_AMI',
  'STORAGE_BUS_FDC', 'STORAGE_BUS_IDE', 'STORAGE_BUS_SATA', 'STORAGE_BUS_SCSI', 'STORAGE_BUS_USB', 'STORAGE_BUS_VIRTIO',
  'NET_VIF_MODEL_E1000', 'NET_VIF_MODEL_E1000E', 'NET_VIF_MODEL_NE2K_PCI', 'NET_VIF_MODEL_PCNET', 'NET_VIF_MODEL_RTL8139',
  'NET_VIF_MODEL_VIRTIO', 'NET_VIF_MODEL_VMXNET3',
  'GRAPHICS_MODEL_BOCHS', 'GRAPHICS_MODEL_CIRRUS', 'GRAPHICS_MODEL_NONE', 'GRAPHICS_MODEL_QXL', 'GRAPHICS_MODEL_VGA', 'GRAPHICS_MODEL_VIRTIO',
  'GRAPHICS_MODEL_VMVGA', 'NET_ATTACH_INTERFACE', 'VOLUME_EXTEND', 'VOLUME_MULTI_ATTACH',
]

export function traitsOf({ features }: HostCpu, firmwares: readonly Firmware[]): string[] {
  const cpu = features.flatMap(each => (ofProcessor[each] ? [`HW_CPU_X86_${ofProcessor[each]}`] : []))
  const makers = [
    ...(features.includes('svm') ? ['HW_CPU_X86_AMD_SVM'] : []),
    ...(features.includes('vmx') ? ['HW_CPU_X86_INTEL_VMX'] : []),
  ]
  const secure = firmwares.some(each => each.isSecure) ? ['COMPUTE_SECURITY_UEFI_SECURE_BOOT'] : []
  return [...new Set([...always.map(each => `COMPUTE_${each}`), ...cpu, ...makers, ...secure])].sort()
}
