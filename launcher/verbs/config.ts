import { readFileSync } from 'node:fs'
import { ruleOptions } from '@kilonova/compute/options.ts'
import { readConfig } from '@kilonova/platform/config/config.ts'
import { type Setting, writeSettings } from '@kilonova/platform/config/edit.ts'
import { importFile, importTable } from '@kilonova/platform/config/import.ts'
import { shown, unfit } from '@kilonova/platform/config/kinds.ts'
import { isKnownElsewhere, knownKeys } from '@kilonova/platform/config/known-keys.ts'
import { nearest } from '@kilonova/platform/config/near.ts'
import { splitName } from '@kilonova/platform/config/options.ts'
import type { Globals } from '../globals.ts'
import { findRunning } from '../running.ts'
import { allOptions, sourcesOf } from '../settings.ts'

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

/** What is asked for whenever it matters needs no restart. */
const hintFor = (globals: Globals, section: string, key: string) => {
  const rules: Readonly<Record<string, object | undefined>> = ruleOptions
  const isLive = Object.hasOwn(rules[section] ?? {}, key)
  return isLive && findRunning(globals.host, globals.places.running) ? ' It takes effect at once.' : restartHint(globals)
}

const restartHint = ({ host, places }: Globals) =>
  findRunning(host, places.running) ? ` It takes effect at the next start: kilonova down${places.hint} && kilonova up${places.hint}` : ''

function readOrSay(file: string, say: (line: string) => void): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    say(`${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`)
    return undefined
  }
}
