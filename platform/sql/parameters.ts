/**
 * What every engine can bind, and nothing else: a boolean becomes 0 or 1, `undefined` NULL, a Date its ISO text, bytes a Buffer. Anything
 * else that is an object is a defect; some drivers would paste it into the statement as `key = value`.
 */
export function bindable(parameter: unknown): string | number | bigint | Buffer | null {
  switch (typeof parameter) {
    case 'string':
    case 'number':
    case 'bigint':
      return parameter
    case 'boolean':
      return parameter ? 1 : 0
    case 'undefined':
      return null
    default:
      return bindableObject(parameter)
  }
}

function bindableObject(parameter: unknown): string | Buffer | null {
  if (parameter === null) return null
  if (Buffer.isBuffer(parameter)) return parameter
  if (parameter instanceof Uint8Array) return Buffer.from(parameter.buffer, parameter.byteOffset, parameter.byteLength)
  if (parameter instanceof Date) return parameter.toISOString()
  throw new TypeError(`A ${typeof parameter} cannot be a parameter of a statement: write JSON as text with JSON.stringify.`)
}
