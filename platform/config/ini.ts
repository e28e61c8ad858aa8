/**
 * Reads configuration files the way oslo.config does, because the files people have were written for it: `key = value` or `key: value`
 * in `[sections]`, whole-line comments with `#` or `;`, lines that begin with white space go on with the value above, a key may be
 * repeated. A `#` after a value belongs to the value: passwords contain it. Nothing is thrown; what cannot be read is in `faults`.
 */
export interface IniEntry {
  readonly section: string
  readonly key: string
  readonly value: string
  readonly file: string
  /** From 1: the line the key stands on. */
  readonly line: number
}

export interface IniFault {
  readonly file: string
  readonly line: number
  readonly message: string
}

export interface IniFile {
  readonly file: string
  /** In the order of the file; repeated keys are repeated here. */
  readonly entries: readonly IniEntry[]
  readonly sections: readonly { readonly name: string; readonly line: number }[]
  readonly faults: readonly IniFault[]
}

export function parseIni(text: string, file: string): IniFile {
  const entries: IniEntry[] = []
  const sections: { name: string; line: number }[] = []
  const faults: IniFault[] = []
  let section = 'DEFAULT'
  let open: { key: string; lines: string[]; line: number } | undefined

  const close = () => {
    if (open) entries.push({ section, key: open.key, value: open.lines.join('\n'), file, line: open.line })
    open = undefined
  }
  const fault = (line: number, message: string) => faults.push({ file, line, message })

  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .entries()) {
    const line = index + 1
    const content = raw.trimEnd()
    if (content === '') close()
    else if (/^[ \t]/.test(content)) {
      if (open) open.lines.push(content.trimStart())
      else if (!/^[#;]/.test(content.trimStart()))
        fault(line, 'a line that begins with white space goes on with the value above it, and there is none')
    } else {
      close()
      if (content.startsWith('[')) {
        const name = /^\[([^\]]+)\]\s*(?:[#;].*)?$/.exec(content)?.[1]?.trim()
        if (!name) fault(line, 'a section is written [name]')
        else {
          section = name
          sections.push({ name, line })
        }
      } else if (!/^[#;]/.test(content)) {
        const pair = splitPair(content)
        if (typeof pair === 'string') fault(line, pair)
        else open = { key: pair.key, lines: [pair.value], line }
      }
    }
  }
  close()
  return { file, entries, sections, faults }
}

/** The pair on a line, or what is wrong with it. The earlier of `=` and `:` separates; one pair of quotes around the value is dropped. */
function splitPair(content: string): { key: string; value: string } | string {
  const at = content.search(/[=:]/)
  if (at < 0) return 'a line is written key = value'
  const key = content.slice(0, at).trim()
  if (key === '') return 'the key before the = is missing'
  const value = content.slice(at + 1).trim()
  const quoted = /^(["'])([\s\S]*)\1$/.exec(value)
  return { key, value: quoted?.[2] ?? value }
}

/** A value split where a reader may have meant a comment: oslo.config has none after a value, and many files have them all the same. */
export function splitInlineComment(value: string): { value: string; comment: string } | undefined {
  const found = /^(\S[\s\S]*?)\s+(#[\s\S]*)$/.exec(value)
  return found?.[1] !== undefined && found[2] !== undefined ? { value: found[1], comment: found[2] } : undefined
}
