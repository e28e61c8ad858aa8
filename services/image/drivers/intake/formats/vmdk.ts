import type { Window } from './bytes.ts'
import type { Found } from './found.ts'

const sectorBytes = 512
const longestDescriptor = 2 ** 20
const accesses = ['rw', 'rdonly', 'noaccess']
const atEnd = 2 ** 64

/**
 * A VMDK is a text that describes extents, and mostly the extents too. The text may name any file of the host: only what holds its data
 * itself is taken.
 */
export function vmdk(head: Window): Found | undefined {
  if (head.startsWith('KDMV')) return sparse(head)
  return /^\s*#\s*disk\s*descriptorfile/i.test(head.latin1(0, 64))
    ? {
        format: 'vmdk',
        virtualSizeBytes: null,
        dangers: ['it is a descriptor of other files'],
        createType: createTypeIn(head.latin1(0, longestDescriptor)),
      }
    : undefined
}

function sparse(head: Window): Found {
  const dangers: string[] = []
  const version = head.uint32le(4) ?? 0
  const sectors = head.uint64le(12) ?? 0
  const descriptorAt = (head.uint64le(28) ?? 0) * sectorBytes
  const descriptorBytes = (head.uint64le(36) ?? 0) * sectorBytes
  if (version < 1 || version > 3) dangers.push(`its version is ${version}`)
  if (head.uint64le(56) === atEnd) dangers.push('its directory stands in a footer')
  if (descriptorAt !== sectorBytes) dangers.push('its descriptor is not where it belongs')
  const text = head.latin1(sectorBytes, Math.min(descriptorBytes, longestDescriptor)).replace(/\0+$/, '')
  dangers.push(...dangersIn(text))
  return { format: 'vmdk', virtualSizeBytes: sectors * sectorBytes, dangers, createType: createTypeIn(text) }
}

const createTypeIn = (text: string) => /^createType\s*=\s*"([^"]{0,64})"/im.exec(text)?.[1]

function dangersIn(text: string): string[] {
  if (/[^\t\n\r\x20-\x7e]/.test(text)) return ['its descriptor is no plain text']
  const dangers: string[] = []
  let extents = 0
  for (const line of text.split('\n').map(one => one.trim())) {
    const first = line.split(' ')[0] ?? ''
    if (line === '' || line.startsWith('#') || /^ddb/i.test(line)) continue
    if (accesses.includes(first.toLowerCase())) {
      extents++
      if (line.includes('/')) dangers.push('its descriptor names a file elsewhere')
    } else if (!first.includes('=') && !/^\w+\s*=/.test(line)) dangers.push('its descriptor cannot be understood')
  }
  if (extents === 0) dangers.push('its descriptor names no extent')
  return [...new Set(dangers)]
}
