import { dictionary, either, integer, list, object, oneOf, text } from '@kilonova/platform/http/shape.ts'

/** A truth as Nova reads it: any of the words people use for it. */
export const truth = oneOf(
  ...([true, 'True', 'TRUE', 'true', '1', 'ON', 'On', 'on', 'YES', 'Yes', 'yes'] as const),
  ...([false, 'False', 'FALSE', 'false', '0', 'OFF', 'Off', 'off', 'NO', 'No', 'no'] as const),
)
export const isTrue = (word: boolean | string | undefined): boolean =>
  word === true || (typeof word === 'string' && ['true', '1', 'on', 'yes'].includes(word.toLowerCase()))

/** No blanks around it, nothing in it that cannot be printed. */
export const serverName = text({ min: 1, max: 255, pattern: '^(?!\\s)[^\\p{C}]*(?<!\\s)$' })
export const anyName = text({ min: 1, max: 255 })
export const metadataShape = dictionary(text({ max: 255 }), { key: '^[a-zA-Z0-9-_:. ]{1,255}$' })
export const tag = text({ min: 1, max: 60, pattern: '^[^,/]*$' })
export const certificates = list(text({ min: 1 }), { min: 1, max: 50, unique: true })
export const diskConfig = oneOf('AUTO', 'MANUAL')
export const fqdn = text({ min: 1, max: 255, pattern: '^[a-zA-Z0-9-._]*$' })
export const hostname = text({ min: 2, max: 63, pattern: '^[a-zA-Z0-9]+[a-zA-Z0-9-]*[a-zA-Z0-9]+$' })
export const wholeHostname = text({ min: 2, max: 255, pattern: '^[a-zA-Z0-9]+[a-zA-Z0-9-.]*[a-zA-Z0-9]+$' })
export const base64 = text({ max: 65_535, pattern: '^(?:[A-Za-z0-9+/]{4}|\\s)*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?\\s*$' })
export const flavorRef = either(text({ min: 1 }), integer())
/** Files until 2.56. */
export const personality = list(object({ path: text({ min: 1, max: 255 }), contents: text({ pattern: '^[A-Za-z0-9+/\\s]*={0,2}\\s*$' }) }))
export const count = either(integer({ min: 1 }), text({ min: 1, max: 10, pattern: '^[0-9]*[1-9][0-9]*$' }))

/** An IPv6 address in its one short form: the one browsers write in addresses of hosts. */
export const shortIpV6 = (address: string): string => new URL(`http://[${address}]`).hostname.slice(1, -1)

/** The id at the end of a link, or the id itself. */
export const idIn = (reference: string | number): string => String(reference).replace(/\/+$/, '').split('/').at(-1) ?? ''
