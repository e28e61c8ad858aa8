/**
 * Whether a value fits what a flavor demands in the little language of extra specs: `>= 4`, `s== kvm`, `<in> sse`, `<or> a <or> b`; a
 * demand that begins with no operator is the value itself. `=` means at least, as it always did.
 */
export function matches(value: string, demand: string): boolean {
  const [first, ...words] = demand.split(/\s+/).filter(Boolean)
  if (first === '<or>') return words.filter(word => word !== '<or>').includes(value)
  const operator = first === undefined ? undefined : operators.get(first)
  if (!operator) return value === demand
  return words[0] !== undefined && operator(value, words[0], words)
}

type Operator = (value: string, word: string, words: readonly string[]) => boolean

const compared = (fits: (value: number, demand: number) => boolean): Operator => {
  return (value, word) => fits(Number(value), Number(word))
}

const operators: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ['=', compared((a, b) => a >= b)],
  ['==', compared((a, b) => a === b)],
  ['!=', compared((a, b) => a !== b)],
  ['>=', compared((a, b) => a >= b)],
  ['<=', compared((a, b) => a <= b)],
  ['<in>', (value, word) => value.includes(word)],
  ['<all-in>', (value, _, words) => words.every(word => value.includes(word))],
  ['s==', (value, word) => value === word],
  ['s!=', (value, word) => value !== word],
  ['s<', (value, word) => value < word],
  ['s<=', (value, word) => value <= word],
  ['s>', (value, word) => value > word],
  ['s>=', (value, word) => value >= word],
])
