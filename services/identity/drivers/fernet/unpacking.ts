/** Readers of what MessagePack gives. Each throws a TypeError for what it does not expect. */
export function asArray(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw new TypeError('an array was expected')
}

export function asNumber(value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value
  throw new TypeError('a number was expected')
}

export function asBytes(value: unknown): Buffer {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  throw new TypeError('bytes were expected')
}

/** Text, which some writers leave as bytes. */
export function asText(value: unknown): string {
  return typeof value === 'string' ? value : asBytes(value).toString('utf8')
}

/** [true, 16 bytes] or [false, text]. */
export function asId(value: unknown): string {
  const [isBytes, id] = asArray(value)
  return isBytes === true ? asBytes(id).toString('hex') : asText(id)
}

export const asAuditIds = (value: unknown): readonly string[] => asArray(value).map(id => asBytes(id).toString('base64url'))
