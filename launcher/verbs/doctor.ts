import { Refusal } from '@kilonova/platform/refusal.ts'
import { openers } from '../openers.ts'
import { diagnose, diagnosisLine } from '../doctor/doctor.ts'
import { signInFor } from '../doctor/sign-in.ts'
import type { Globals } from '../globals.ts'
import { ofHome, settingsOfHome } from '../of-home.ts'
import { readTls, trustAlso, trustOf } from '../tls.ts'
import { readSettings, type SettingsRead, wantedServices } from '../settings.ts'

/** Looks at this machine. Code 1 when something fails; warnings are only said. */
export async function runDoctor(globals: Globals): Promise<number> {
  const { print } = globals
  const read = tryToRead(globals)
  if (read instanceof Refusal) {
    for (const says of read.message.split('\n')) print(diagnosisLine({ level: 'FAIL', name: 'config', says }))
    return 1
  }
  for (const says of read.remarks) print(diagnosisLine({ level: 'warn', name: 'config', says }))
  if (read.remarks.length === 0) print(diagnosisLine({ level: 'ok', name: 'config', says: globals.places.configFile }))
  const settings = settingsOfHome(read.settings, ofHome(globals, read.settings))
  trustConfigured(globals, settings)
  const wanted = wantedServices(settings, name => openers[name] !== undefined)
  const findings = await diagnose({ ...globals, settings, services: wanted, signIn: signInFor(globals.clock) })
  for (const finding of findings) print(diagnosisLine(finding))
  return findings.some(({ level }) => level === 'FAIL') ? 1 : 0
}

/** The broker is asked as the processes ask it. What is wrong with a certificate is a finding of its own. */
function trustConfigured({ host, clock }: Globals, settings: SettingsRead['settings']): void {
  try {
    const trust = trustOf(settings, readTls(settings, host, clock.now()), host)
    if (trust !== undefined) trustAlso(trust, host)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
  }
}

function tryToRead({ places, flags, environment }: Globals): SettingsRead | Refusal {
  try {
    return readSettings(places, flags, environment)
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
}
