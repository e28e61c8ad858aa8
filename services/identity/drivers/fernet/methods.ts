/**
 * The methods a token was got with, as one number: a bit for each entry of `[auth] methods` in its order, so the option must read the
 * same wherever a token is opened.
 */
export type Methods = ReadonlyMap<string, number>

export const methodBits = (configured: readonly string[]): Methods =>
  new Map([
    ...configured.map((method, index) => [method, 2 ** index] as const),
    // What the EC2 and OAuth2 doors write: no plug-ins, hence in no list; Keystone gives them these bits.
    ['ec2credential', 2 ** 32],
    ['oauth2_credential', 2 ** 33],
  ])

export function sumOf(used: readonly string[], methods: Methods): number {
  return [...new Set(used)].map(method => methods.get(method) ?? refuse(method)).reduce((sum, bit) => sum + bit, 0)
}

/** The highest bit first, as Keystone lists them. Bits that no method has are passed over. */
export function methodsIn(sum: number, methods: Methods): readonly string[] {
  return [...methods]
    .filter(([, bit]) => Math.floor(sum / bit) % 2 === 1)
    .sort(([, one], [, other]) => other - one)
    .map(([method]) => method)
}

const refuse = (method: string): never => {
  throw new Error(`a token cannot say '${method}': it is not in [auth] methods`)
}
