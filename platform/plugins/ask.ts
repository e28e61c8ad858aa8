import { type Clock, within } from '../clock.ts'
import type { Plugin } from './find.ts'

/** Why a plug-in is left out, in words for its operator. */
export class Unfit extends Error {}

/** How long a plug-in may take to say what it adds. */
const deadlineMs = 10_000

/** What a plug-in says when it is handed its words. It is somebody else's: nothing of it is believed before it was looked at. */
export const askPlugin = (plugin: Plugin, words: object, clock: Clock): Promise<unknown> =>
  within(clock, deadlineMs, ask(plugin, words), () => new Unfit(`it did not say what it adds within ${deadlineMs / 1000} s`))

async function ask(plugin: Plugin, words: object): Promise<unknown> {
  const { extension } = await plugin.load()
  if (typeof extension !== 'function') throw new Unfit(`${plugin.file} exports no function called extension`)
  return extension(words)
}

/** Why a plug-in is left out, whatever it threw. */
export const whyUnfit = (error: unknown): string =>
  error instanceof Unfit
    ? error.message
    : `it throws ${error instanceof Error ? `${error.name}: ${error.message.split('\n')[0]}` : String(error)}`
