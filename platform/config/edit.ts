import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseIni } from './ini.ts'

export interface Setting {
  readonly section: string
  readonly key: string
  readonly value: string
}

/** `text` with the setting in it; everything else, comments too, stays as it is. The last of a repeated key is the one that changes. */
export function withSetting(text: string, { section, key, value }: Setting): string {
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n')
  const { entries, sections } = parseIni(text, '')
  const written = `${key} = ${value.replaceAll('\n', '\n    ')}`
  const before = entries.findLast(entry => entry.section === section && entry.key === key)
  if (before) {
    let end = before.line
    while (end < lines.length && /^[ \t]+\S/.test(lines[end] ?? '')) end++
    lines.splice(before.line - 1, end - before.line + 1, written)
    return `${lines.join('\n')}\n`
  }
  const start = sections.findLast(one => one.name === section)
  if (start === undefined) {
    if (section === 'DEFAULT' && sections.length === 0 && entries.length > 0) return `${[...lines, written].join('\n')}\n`
    return `${[...lines, ...(lines.length > 0 ? [''] : []), `[${section}]`, written].join('\n')}\n`
  }
  let at = sections.find(one => one.line > start.line)?.line ?? lines.length + 1
  while (at - 2 >= start.line && (lines[at - 2] ?? '').trim() === '') at--
  lines.splice(at - 1, 0, written)
  return `${lines.join('\n')}\n`
}

/** Puts the settings into a file, whole or not at all; it is readable by its owner only, for it may hold passwords. */
export function writeSettings(file: string, settings: readonly Setting[]): void {
  const before = readIfThere(file)
  const after = settings.reduce(withSetting, before)
  if (after === before) return
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(`${file}.new`, after, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}
