import { readFileSync } from 'node:fs'
import { ruleOptions } from '@kilonova/compute/options.ts'
import { readConfig } from '@kilonova/platform/config/config.ts'
import { type Setting, writeSettings } from '@kilonova/platform/config/edit.ts'
import { importFile, importTable } from '@kilonova/platform/config/import.ts'
import { shown, unfit } from '@kilonova/platform/config/kinds.ts'
import { isKnownElsewhere, knownKeys } from '@kilonova/platform/config/known-keys.ts'
import { nearest } from '@kilonova/platform/config/near.ts'
import { splitName } from '@kilonova/platform/config/options.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { daemons } from '../daemons.ts'
import type { Globals } from '../globals.ts'
import { namesOf, type OfHome, ofHome } from '../of-home.ts'
import { allOptions, readSettings, sourcesOf } from '../settings.ts'

export async function importFiles(globals: Globals, files: readonly string[], wish: { dryRun?: boolean }): Promise<number> {
  const { places, print, say } = globals
  const all: Setting[] = []
  let refused = 0
  for (const file of files) {
    const text = readOrSay(file, say)
    if (text === undefined) return 1
    const imported = importFile(text, file, allOptions)
    print(`${file}\n${importTable(imported)}`)
    all.push(...imported.settings)
    refused += imported.rows.filter(({ outcome }) => outcome === 'refused').length
  }
  if (!wish.dryRun && all.length > 0) {
    writeSettings(places.configFile, all)
    print(`${all.length} settings are in ${places.configFile}.${restartHint(globals)}`)
  }
  return refused > 0 ? 1 : 0
}

export async function setOption(globals: Globals, name: string, value: string): Promise<number> {
  const { places, print, say } = globals
  const { section, key } = splitName(name)
  const option = allOptions[section]?.[key]
  if (option === undefined && !isKnownElsewhere(section, key)) {
    const names = [allOptions, knownKeys].flatMap(table =>
      Object.entries(table).flatMap(([one, keys]) => Object.keys(keys).map(each => `${one}.${each}`)),
    )
    const near = nearest(`${section}.${key}`, names)
    say(`[${section}] ${key} is no option of Kilonova.${near === undefined ? '' : ` Did you mean ${near.replace(/^DEFAULT\./, '')}?`}`)
    return 1
  }
  if (option !== undefined && !value.includes('$') && option.read(value) === unfit) {
    say(`[${section}] ${key} = "${shown(option, value, key)}" is not allowed: it must be ${option.allowed}.`)
    return 1
  }
  writeSettings(places.configFile, [{ section, key, value }])
  print(
    `[${section}] ${key} is set in ${places.configFile}.${option === undefined ? ' No part of this version reads it yet.' : hintFor(globals, section, key)}`,
  )
  return 0
}

export async function showConfig({ places, flags, environment, print, say }: Globals, wish: { all?: boolean }): Promise<number> {
  const { remarks, shown: rows } = readConfig(allOptions, sourcesOf(places, flags, environment))
  for (const remark of remarks) say(remark)
  const chosen = rows.filter(({ place }) => wish.all || place !== 'default')
  const width = Math.max(0, ...chosen.map(({ name }) => name.length))
  for (const { name, value, place } of chosen) print(`${name.padEnd(width)}  ${value === '' ? '-' : value}  (${place})`)
  if (chosen.length === 0) print('Everything is at its default; --all shows what that is.')
  return 0
}

/** What is asked for whenever it matters needs no restart: by those who choose hosts and bind projects. */
const hintFor = (globals: Globals, section: string, key: string) => {
  const rules: Readonly<Record<string, object | undefined>> = ruleOptions
  const isLive = Object.hasOwn(rules[section] ?? {}, key)
  const home = homeOf(globals)
  if (!isLive || !home?.isRunning) return restartHint(globals)
  return daemons.some(one => one.service === 'nova' && one.hasTables && home.daemons.has(one.name))
    ? ' It takes effect at once.'
    : ` No daemon of this home reads it (${namesOf(home)}): set it where nova-scheduler and nova-conductor run.`
}

function restartHint(globals: Globals): string {
  const home = homeOf(globals)
  const { hint } = globals.places
  if (!home?.isRunning) return ''
  return home.isApart
    ? ` It takes effect when these are started again: ${namesOf(home)}.`
    : ` It takes effect at the next start: kilonova down${hint} && kilonova up${hint}`
}

/** Nothing when what is written now cannot be read: that is said at the next start. */
function homeOf(globals: Globals): OfHome | undefined {
  const { places, flags, environment } = globals
  try {
    return ofHome(globals, readSettings(places, flags, environment).settings)
  } catch (error) {
    if (error instanceof Refusal) return undefined
    throw error
  }
}

function readOrSay(file: string, say: (line: string) => void): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    say(`${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`)
    return undefined
  }
}
