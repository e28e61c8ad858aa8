import type { Filter, Request } from '../../scheduler/request.ts'

export interface ImageRules {
  readonly image_properties_default_architecture: string | undefined
}

/** Hosts that can run what the image says it is: architecture, kind of hypervisor and its version, mode. */
export const imagePropertiesFilter = (rules: ImageRules): Filter => ({
  name: 'ImagePropertiesFilter',
  objection({ facts }, { image }) {
    const wanted = wantedOf(image, rules)
    const named = Object.values(wanted).filter(value => value !== undefined)
    const version = image?.properties['img_hv_requested_version'] ?? image?.properties['hypervisor_version_requires']
    if (named.length === 0) return undefined
    if (!facts.supported.some(one => named.every(value => one.includes(value)))) {
      const runs = facts.supported.map(one => one.join('/'))
      return { kind: 'image', says: `it runs ${runs.join(', ') || 'nothing'}; the image wants ${named.join('/')}` }
    }
    if (version !== undefined && !isVersion(versionText(facts.hypervisorVersion), version))
      return { kind: 'image', says: `its hypervisor is ${versionText(facts.hypervisorVersion)}; the image wants ${version}` }
    return undefined
  },
})

function wantedOf(image: Request['image'], rules: ImageRules) {
  const { properties = {} } = image ?? {}
  const architecture = properties['hw_architecture'] ?? properties['architecture'] ?? rules.image_properties_default_architecture
  const kind = properties['img_hv_type'] ?? properties['hypervisor_type']
  const mode = properties['hw_vm_mode'] ?? properties['vm_mode']
  return {
    architecture: canonical(architecture, { amd64: 'x86_64', x64: 'x86_64', i386: 'i686', i486: 'i686', i586: 'i686', arm64: 'aarch64' }),
    kind: canonical(kind, { xapi: 'xen' }),
    mode: canonical(mode, { pv: 'xen', hv: 'hvm', baremetal: 'hvm' }),
  }
}

const canonical = (word: string | undefined, others: Readonly<Record<string, string>>) => {
  const plain = word?.toLowerCase()
  return plain === undefined || plain === '' ? undefined : (others[plain] ?? plain)
}

/** 7002015 is 7.2.15. */
const versionText = (version: number) => [Math.floor(version / 1_000_000), Math.floor(version / 1_000) % 1_000, version % 1_000].join('.')

/** `>=6.0, <7.2`: all must hold. */
function isVersion(version: string, demand: string): boolean {
  return demand.split(',').every(part => {
    const [, operator = '==', bound = ''] = /^\s*(<=|>=|==|!=|<|>)?\s*([\d.]+)\s*$/.exec(part) ?? []
    const order = compared(version, bound)
    return { '<': order < 0, '<=': order <= 0, '==': order === 0, '!=': order !== 0, '>=': order >= 0, '>': order > 0 }[operator] ?? false
  })
}

function compared(a: string, b: string): number {
  const [left, right] = [a.split('.').map(Number), b.split('.').map(Number)]
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
