import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Guest } from './guest.ts'

/** What an image or a flavor wishes of the machine, word by word. What is no word of theirs is refused with the word. */
export interface Wishes {
  property(name: string): string | undefined
  spec(name: string): string | undefined
  /** Of the image, else of the flavor: `hw_boot_menu`, `hw:boot_menu`. */
  either(property: string, spec: string): string | undefined
}

export function wishesOf({ imageProperties = {}, extraSpecs = {} }: Pick<Guest, 'imageProperties' | 'extraSpecs'>): Wishes {
  const property = (name: string) => imageProperties[name]
  const spec = (name: string) => extraSpecs[name]
  return { property, spec, either: (image, flavor) => property(image) ?? spec(flavor) }
}

export const isYes = (word: string | undefined): boolean => /^(1|t|true|on|y|yes)$/i.test(word ?? '')

export function oneOf<const W extends readonly string[]>(word: string | undefined, words: W, name: string): W[number] | undefined {
  if (word === undefined) return undefined
  const found = words.find(each => each === word)
  if (found === undefined) throw new Refusal('invalid', `${name} = ${word} is not among ${words.join(', ')}.`)
  return found
}

export function wholeNumber(word: string | undefined, name: string, least = 0): number | undefined {
  if (word === undefined) return undefined
  const value = /^\d+$/.test(word) ? Number(word) : Number.NaN
  if (!(value >= least)) throw new Refusal('invalid', `${name} = ${word} is not a whole number from ${least} up.`)
  return value
}

/** `0-3,^2,7`: processors 0, 1, 3 and 7. */
export function cpuSet(text: string, name: string): number[] {
  const chosen = new Set<number>()
  const left = new Set<number>()
  for (const part of text.split(',').map(each => each.trim())) {
    const [, not, first, last] = /^(\^?)(\d+)(?:-(\d+))?$/.exec(part) ?? []
    if (first === undefined) throw new Refusal('invalid', `${name} = ${text} is no set of processors.`)
    for (let cpu = Number(first); cpu <= Number(last ?? first); cpu++) (not ? left : chosen).add(cpu)
  }
  return [...chosen].filter(cpu => !left.has(cpu)).sort((a, b) => a - b)
}

/** `0-3,7`, as libvirt writes sets. */
export function setText(numbers: readonly number[]): string {
  const spans: [number, number][] = []
  for (const n of [...numbers].sort((a, b) => a - b)) {
    const span = spans.at(-1)
    if (span && n === span[1] + 1) span[1] = n
    else spans.push([n, n])
  }
  return spans.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',')
}
