import { Refusal } from '@kilonova/platform/refusal.ts'

/** The words of a list with commas, in which a word with commas of its own stands in double quotes. */
export function wordsIn(list: string): readonly string[] {
  const words: string[] = []
  for (let at = 0; at <= list.length; ) {
    const [word, end] = list[at] === '"' ? quoted(list, at) : plain(list, at)
    words.push(word)
    at = end + 1
  }
  return words
}

function plain(list: string, at: number): [string, number] {
  const comma = list.indexOf(',', at)
  const end = comma === -1 ? list.length : comma
  const word = list.slice(at, end)
  if (/(?<!\\)"/.test(word)) throw refuse(list, 'There is no comma before opening quotation mark.')
  return [word, end]
}

function quoted(list: string, at: number): [string, number] {
  let word = ''
  for (let next = at + 1; next < list.length; next++) {
    const sign = list[next]
    if (sign === '\\' && next + 1 < list.length) word += list[++next]
    else if (sign !== '"') word += sign
    else if (next + 1 === list.length || list[next + 1] === ',') return [word, next + 1]
    else throw refuse(list, 'There is no comma after closing quotation mark.')
  }
  throw refuse(list, 'The quote is not closed.')
}

const refuse = (list: string, why: string) => new Refusal('invalid', `Invalid filter value ${list}. ${why}`)
