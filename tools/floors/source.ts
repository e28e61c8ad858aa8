/**
 * TypeScript read with half an eye: where its strings, comments and module names are. No parser, since TypeScript 7 has no API to ask
 * yet; a scanner that knows strings, templates, comments and regular expressions is enough to judge what a file imports and calls.
 */
export interface Source {
  /** The text with the inside of strings, comments and regular expressions blanked; offsets and lines are kept. */
  readonly code: string
  readonly imports: readonly Import[]
  readonly comments: readonly Piece[]
}

interface Piece {
  readonly text: string
  /** Counted from 1. */
  readonly line: number
}

export interface Import extends Piece {
  /** `import type` and `export type`: gone when the program runs. */
  readonly isTypeOnly: boolean
}

export function readSource(text: string): Source {
  const { code, pieces } = blank(text)
  const lineOf = lineCounter(text)
  const imports = [...code.matchAll(moduleName)].map(match => {
    const piece = pieces.find(one => one.at === match.index + match[0].length)
    return { text: piece?.text ?? '', line: lineOf(match.index + match[0].length), isTypeOnly: match[2] !== undefined }
  })
  const comments = pieces.filter(piece => piece.is === 'comment').map(piece => ({ text: piece.text, line: lineOf(piece.at) }))
  return { code, imports, comments }
}

/** `import x from '`, `import '`, `import('`, `export … from '`: up to and including the quote. */
const moduleName = /\b(import|export)\b(\s+type\b)?(?:(?:(?!\b(?:import|export)\b)[\w\s{},*$])*?\bfrom)?\s*(?:\(\s*)?['"`]/g

export function lineCounter(text: string): (offset: number) => number {
  const starts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)]
  return offset => starts.findLastIndex(start => start <= offset) + 1
}

type Kind = 'string' | 'comment' | 'regex'
type Blanked = { readonly is: Kind; readonly at: number; readonly text: string }

interface Token {
  readonly is: Kind
  readonly opening: RegExp
  readonly inside: RegExp
  readonly closing: RegExp
}

/** A string that never ends, ends with its line. A template pauses at `${` and goes on at the brace that closes it. */
const tokens: readonly Token[] = [
  { is: 'comment', opening: /\/\//y, inside: /[^\n]*/y, closing: /(?:)/y },
  { is: 'comment', opening: /\/\*/y, inside: /(?:[^*]|\*(?!\/))*/y, closing: /(?:\*\/)?/y },
  { is: 'string', opening: /'/y, inside: /(?:[^'\\\n]|\\[\s\S])*/y, closing: /'?/y },
  { is: 'string', opening: /"/y, inside: /(?:[^"\\\n]|\\[\s\S])*/y, closing: /"?/y },
  { is: 'string', opening: /[`}]/y, inside: /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*/y, closing: /(?:`|\$\{)?/y },
  { is: 'regex', opening: /\//y, inside: /(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])*/y, closing: /\/?/y },
]

function blank(text: string): { code: string; pieces: readonly Blanked[] } {
  const pieces: Blanked[] = []
  /** Open braces, innermost last: whether one closes into a template. */
  const braces: boolean[] = []
  let code = ''
  const take = (pattern: RegExp): string => {
    pattern.lastIndex = code.length
    return pattern.exec(text)?.[0] ?? ''
  }
  while (code.length < text.length) {
    const sign = text[code.length] ?? ''
    const isText = sign === '}' ? braces.pop() === true : /['"`/]/.test(sign)
    const token = isText && tokens.find(({ is, opening }) => take(opening) && (is !== 'regex' || regexMayStart(code)))
    if (!token) {
      if (sign === '{') braces.push(false)
      code += sign
      continue
    }
    code += take(token.opening)
    const inside = take(token.inside)
    pieces.push({ is: token.is, at: code.length, text: inside })
    code += inside.replace(/[^\n]/g, ' ')
    const closing = take(token.closing)
    if (closing === '${') braces.push(true)
    code += closing
  }
  return { code, pieces }
}

/** A slash after a value divides; after anything else it opens a regular expression. */
const regexMayStart = (before: string) => {
  const last = before.trimEnd()
  return !/[\w$)\]}'"`]$/.test(last) || /\b(return|typeof|case|in|of|else|do|void|delete|await|yield)$/.test(last)
}
