import { Refusal } from '../refusal.ts'
import { splitInlineComment } from './ini.ts'
import { interpolate } from './interpolate.ts'
import { type Option, shown, unfit } from './kinds.ts'
import { isAcceptedSection, isKnownElsewhere } from './known-keys.ts'
import { nearest } from './near.ts'
import { combine, type Declaration, splitName, type Values } from './options.ts'
import { environmentName, type Said, type Sources } from './sources.ts'

export interface Config<D extends Declaration> {
  readonly values: Values<D>
  /** One line each, for the log: unknown keys, former names, likely comments. They stop nothing. */
  readonly remarks: readonly string[]
  /** Every declared option with its value as it may be shown, and where it was said. */
  readonly shown: readonly { readonly name: string; readonly value: string; readonly place: string }[]
}

/**
 * Reads what `declaration` declares out of the sources. All that is wrong is refused at once: Refusal('invalid') with one line per
 * complaint, each naming the option, the value (never a secret's), what is allowed, and the place to change it.
 * `elsewhere` are options that others read from the same files: they are not unknown.
 */
export function readConfig<const D extends Declaration>(
  declaration: D,
  sources: Sources,
  elsewhere: readonly Declaration[] = [],
): Config<D> {
  const names = index(declaration)
  const complaints = sources.faults.map(({ file, line, message }) => `${file}${line > 0 ? `:${line}` : ''}: ${message}.`)
  const remarks: string[] = []
  const everything = index(combine(declaration, ...elsewhere))
  const said = [...sources.said, ...fromEnvironment(sources, everything, remarks)].sort((a, b) => weight(a) - weight(b))

  const byName = new Map<string, Said[]>()
  for (const one of said) {
    const name = everything.get(one.section, one.key)
    if (name === undefined) {
      if (one.origin.from !== 'environment') remarks.push(...unknown(one, everything.all.keys()))
      continue
    }
    if (name.former)
      remarks.push(`${one.origin.place}: [${one.section}] ${one.key} is now called [${name.section}] ${name.key}; it is still read.`)
    const key = `${name.section}.${name.key}`
    byName.set(key, [...(byName.get(key) ?? []), one])
  }

  const textOf = (section: string, key: string, depth: number): string | undefined => {
    const told =
      byName.get(`${section}.${key}`)?.at(-1)?.value ?? sources.said.findLast(one => one.section === section && one.key === key)?.value
    const fallback = everything.all.get(`${section}.${key}`)?.option.default
    const raw = told ?? (fallback === undefined ? undefined : String(fallback))
    return raw === undefined || depth > 16 ? raw : interpolate(raw, section, (s, k) => textOf(s, k, depth + 1))
  }
  const fill = (section: string, value: string) => interpolate(value, section, (s, k) => textOf(s, k, 0))

  const values: Record<string, Record<string, unknown>> = {}
  const display: { name: string; value: string; place: string }[] = []
  for (const section of Object.keys(declaration)) values[section] = {}
  for (const { section, key, option } of names.all.values()) {
    const told = byName.get(`${section}.${key}`) ?? []
    const read = readOne({ section, key, option, told, fill, complaints, remarks })
    const place = values[section]
    if (place) place[key] = read.value
    display.push({
      name: `${section}.${key}`,
      value: read.value === undefined ? '' : shown(option, read.text, key),
      place: told.at(-1)?.origin.place ?? 'default',
    })
  }
  if (complaints.length > 0) throw new Refusal('invalid', complaints.join('\n'))
  return { values: values as Values<D>, remarks, shown: display }
}

interface One {
  readonly section: string
  readonly key: string
  readonly option: Option<unknown>
  readonly told: readonly Said[]
  readonly fill: (section: string, value: string) => string
  readonly complaints: string[]
  readonly remarks: string[]
}

function readOne({ section, key, option, told, fill, complaints, remarks }: One): { value: unknown; text: string } {
  const last = told.at(-1)
  if (last === undefined) {
    if (option.required)
      complaints.push(
        `[${section}] ${key} is not set: ${option.about}. Set it to ${option.allowed} in the configuration file, or as ${environmentName(section, key)}.`,
      )
    if (typeof option.default !== 'string') return { value: option.default, text: String(option.default) }
    const text = fill(section, option.default)
    return { value: option.read(text), text }
  }
  const read = (one: Said) => {
    const text = fill(one.section, one.value)
    const value = option.read(text)
    const comment = splitInlineComment(one.value)
    if (value === unfit) complaints.push(complaint({ section, key, option }, one, text, comment !== undefined))
    else if (comment)
      remarks.push(`${one.origin.place}: [${section}] ${key} contains " #": all of it is the value. A comment stands on a line of its own.`)
    return { value, text }
  }
  if (!option.multi) return read(last)
  const each = told.map(read)
  return { value: each.flatMap(({ value }) => (Array.isArray(value) ? value : [value])), text: each.map(({ text }) => text).join(', ') }
}

function complaint({ section, key, option }: Pick<One, 'section' | 'key' | 'option'>, one: Said, text: string, commented: boolean): string {
  const why = option.why?.(text)
  const fallback =
    option.default === undefined || option.secret
      ? ''
      : `, or leave it out for the default, ${option.defaultSaid ?? String(option.default)}`
  const remedy = commented ? 'All after the = is the value: put the comment on a line of its own' : `Change it there${fallback}`
  return `${one.origin.place}: [${section}] ${key} = "${shown(option, text, key)}" is not allowed: ${why === undefined ? '' : `${why}, `}it must be ${option.allowed}. ${remedy}.`
}

function unknown(one: Said, known: Iterable<string>): string[] {
  if (isKnownElsewhere(one.section, one.key)) return []
  const candidates = [...known]
  if (isAcceptedSection(one.section) && !candidates.some(name => splitName(name).section === one.section)) return []
  const near = nearest(`${one.section}.${one.key}`, candidates)
  const meant = near === undefined ? '' : ` Did you mean [${splitName(near).section}] ${splitName(near).key}?`
  return [`${one.origin.place}: [${one.section}] ${one.key} is no option of Kilonova; it is ignored.${meant}`]
}

function fromEnvironment(sources: Sources, everything: Index, remarks: string[]): Said[] {
  const byVariable = new Map([...everything.all.values()].map(({ section, key }) => [environmentName(section, key), { section, key }]))
  return sources.environment.flatMap(([variable, value]) => {
    const name = byVariable.get(variable)
    if (name) return [{ ...name, value, origin: { from: 'environment' as const, place: variable } }]
    const near = nearest(variable, byVariable.keys())
    remarks.push(`${variable} in the environment is no option of Kilonova; it is ignored.${near ? ` Did you mean ${near}?` : ''}`)
    return []
  })
}

const weight = (one: Said) => ({ file: 0, environment: 1, flag: 2 })[one.origin.from]

type Named = { readonly section: string; readonly key: string; readonly option: Option<unknown>; readonly former: boolean }
interface Index {
  readonly all: ReadonlyMap<string, Named>
  get(section: string, key: string): Named | undefined
}

/** The options by name, and by their former names. */
function index(declaration: Declaration): Index {
  const all = new Map<string, Named>()
  const former = new Map<string, Named>()
  for (const [section, keys] of Object.entries(declaration)) {
    for (const [key, option] of Object.entries(keys)) {
      all.set(`${section}.${key}`, { section, key, option, former: false })
      for (const old of option.formerly) former.set(old.includes('.') ? old : `${section}.${old}`, { section, key, option, former: true })
    }
  }
  return { all, get: (section, key) => all.get(`${section}.${key}`) ?? former.get(`${section}.${key}`) }
}
