import type { Setting } from './edit.ts'
import { type IniEntry, type IniFile, parseIni, splitInlineComment } from './ini.ts'
import { shown, unfit } from './kinds.ts'
import { type Fate, isAcceptedSection, knownKeys } from './known-keys.ts'
import { nearest } from './near.ts'
import { type Declaration, splitName } from './options.ts'

/**
 * Reads a file written for OpenStack and says of every key what becomes of it. Many such files have remarks after their values, which
 * oslo.config takes for part of the value; an import reads what was meant, and says so.
 */
export interface Imported {
  readonly rows: readonly Row[]
  /** What belongs into Kilonova's own file. */
  readonly settings: readonly Setting[]
  readonly emptySections: readonly string[]
}

export interface Row {
  readonly line: number
  readonly name: string
  /** `kept`: written down, but no part of this version reads it. `refused`: the value is not allowed. */
  readonly outcome: 'used' | 'kept' | 'mapped' | 'ignored' | 'unknown' | 'refused'
  readonly note: string
}

export function importFile(text: string, file: string, declared: Declaration): Imported {
  const parsed = parseIni(text, file)
  const rows: Row[] = parsed.faults.map(({ line, message }) => ({ line, name: '', outcome: 'refused', note: message }))
  const settings: Setting[] = []
  const rabbit = rabbitUrl(parsed)
  for (const entry of parsed.entries) {
    const split = splitInlineComment(entry.value)
    const value = split?.value ?? entry.value
    const { row, setting } = becomes(entry, value, { declared, rabbit, parsed })
    // The remark itself is not shown: people write their passwords into it.
    const comment = split ? `${row.note === '' ? '' : '; '}the remark after the value is left out` : ''
    rows.push({ ...row, note: row.note + comment })
    if (setting && !settings.some(one => one.section === setting.section && one.key === setting.key && one.value === setting.value))
      settings.push(setting)
  }
  const used = new Set(parsed.entries.map(({ section }) => section))
  const emptySections = [...new Set(parsed.sections.map(({ name }) => name))].filter(name => !used.has(name))
  return { rows: rows.sort((a, b) => a.line - b.line), settings, emptySections }
}

/** The rows as a table, with a last line that counts them. */
export function importTable(imported: Imported): string {
  const width = Math.max(0, ...imported.rows.map(({ name }) => name.length))
  const lines = imported.rows.map(({ line, name, outcome, note }) =>
    `${String(line).padStart(5)}  ${name.padEnd(width)}  ${outcome.padEnd(7)}  ${note}`.trimEnd(),
  )
  const count = (outcome: Row['outcome']) => imported.rows.filter(row => row.outcome === outcome).length
  const outcomes = ['used', 'kept', 'mapped', 'ignored', 'unknown', 'refused'] as const
  const empty = imported.emptySections.length
  return [
    ...lines,
    ...(empty > 0 ? [`       ${empty} empty sections mean nothing: ${imported.emptySections.join(' ')}`] : []),
    outcomes.map(outcome => `${count(outcome)} ${outcome}`).join(', '),
  ].join('\n')
}

interface Around {
  readonly declared: Declaration
  readonly rabbit: string | undefined
  readonly parsed: IniFile
}

function becomes(entry: IniEntry, value: string, around: Around): { row: Row; setting?: Setting } {
  const name = `${entry.section}.${entry.key}`
  const row = (outcome: Row['outcome'], note = ''): Row => ({ line: entry.line, name, outcome, note })
  const fate = knownKeys[entry.section]?.[entry.key] ?? declaredFate(entry, around.declared)
  if (fate === undefined) return { row: row('unknown', guess(entry)) }
  if (fate.becomes === 'ignored') return { row: row('ignored', fate.why) }
  const target = targetOf(entry, value, fate, around)
  if (target === undefined) return { row: row('ignored', 'transport_url is set and says it all') }

  const option = around.declared[target.section]?.[target.key]
  const words = shown(option, target.value, target.key)
  // A reference to another option can only be judged with all the files together, when they are read.
  if (option !== undefined && !target.value.includes('$') && option.read(target.value) === unfit)
    return { row: row('refused', `"${words}" is not allowed: it must be ${option.allowed}`) }
  const sameName = target.section === entry.section && target.key === entry.key
  const unread = option === undefined ? 'no part of this version reads it yet' : ''
  if (sameName) return { row: row(option ? 'used' : 'kept', unread), setting: target }
  return { row: row('mapped', [`[${target.section}] ${target.key} = ${words}`, unread].filter(Boolean).join('; ')), setting: target }
}

/** Where a value goes. Nothing, when another option has said it already. */
function targetOf(
  entry: IniEntry,
  value: string,
  fate: Exclude<Fate, { becomes: 'ignored' }>,
  { rabbit, parsed }: Around,
): Setting | undefined {
  const to = fate.becomes === 'same' ? { section: entry.section, key: entry.key } : splitName(fate.to)
  if (fate.becomes === 'moved' && fate.translate === 'rabbit-url') return rabbit === undefined ? undefined : { ...to, value: rabbit }
  if (to.section === 'database') return { section: databaseSection(parsed), key: to.key, value }
  return { ...to, value }
}

/** Every service's file has its own [database]; here they stand in one file: [nova_database], [keystone_database]. */
function databaseSection(parsed: IniFile): string {
  const projects = 'keystone|glance|nova|neutron|cinder|placement|heat|swift'
  const connection = parsed.entries.findLast(({ section, key }) => section === 'database' && key === 'connection')?.value ?? ''
  const inUrl = new RegExp(String.raw`/(${projects})(?:[?\s]|$)`).exec(connection)?.[1]
  const inPath = new RegExp(String.raw`(${projects})[\w-]*\.conf[^/]*$`).exec(parsed.file)?.[1]
  const project = inPath ?? inUrl
  return project === undefined ? 'database' : `${project}_database`
}

/** The broker's parts as one URL; nothing when the file has a transport_url or no part. */
function rabbitUrl(parsed: IniFile): string | undefined {
  const find = (key: string) => {
    const value = parsed.entries.findLast(entry => ['oslo_messaging_rabbit', 'DEFAULT'].includes(entry.section) && entry.key === key)?.value
    return value === undefined ? undefined : (splitInlineComment(value)?.value ?? value)
  }
  if (find('transport_url') !== undefined) return undefined
  const credentials = `${encodeURIComponent(find('rabbit_userid') ?? 'guest')}:${encodeURIComponent(find('rabbit_password') ?? 'guest')}`
  const hosts = find('rabbit_hosts') ?? `${find('rabbit_host') ?? '127.0.0.1'}${find('rabbit_port') ? `:${find('rabbit_port')}` : ''}`
  const path = encodeURIComponent((find('rabbit_virtual_host') ?? '/').replace(/^\//, ''))
  return `rabbit://${hosts
    .split(',')
    .map(host => `${credentials}@${host.trim()}`)
    .join(',')}/${path}`
}

const declaredFate = ({ section, key }: IniEntry, declared: Declaration): Fate | undefined =>
  declared[section]?.[key] === undefined ? undefined : { becomes: 'same' }

function guess({ section, key }: IniEntry): string {
  if (isAcceptedSection(section)) return `nothing of [${section}] means anything here`
  const all = Object.entries(knownKeys).flatMap(([one, keys]) => Object.keys(keys).map(name => `${one}.${name}`))
  const near = nearest(`${section}.${key}`, all)
  if (near === undefined) return 'no option of OpenStack that Kilonova knows'
  return `did you mean [${splitName(near).section}] ${splitName(near).key}?`
}
