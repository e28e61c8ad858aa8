import type { Globals } from '../globals.ts'
import { openrcFile } from '../credentials.ts'

export async function printOpenrc({ host, places, print, say }: Globals, person: string): Promise<number> {
  if (person !== 'admin' && person !== 'demo') {
    say(`There is an openrc for admin and one for demo, none for ${person}.`)
    return 1
  }
  const text = host.readText(openrcFile(places, person))
  if (text === undefined) {
    say(`There is none yet, or it may not be read: kilonova up${places.hint} writes ${openrcFile(places, person)}.`)
    return 1
  }
  print(text.trimEnd())
  return 0
}
