import { findPlugins } from '@kilonova/platform/plugins/find.ts'
import { type Check, type Finding, fail, ok } from './check.ts'

/**
 * What lies among the plug-ins. While the cloud runs it knows best, for it has asked them; otherwise each is only loaded, in a process of its
 * own.
 */
export const plugIns: Check = {
  name: 'plug-ins',
  run: async ({ host, places, home }) => {
    const { plugins, refused } = findPlugins(places.plugins)
    const left = (name: string, why: string) => fail(`${name} is left out: ${why}`, `mend it, or take ${places.plugins}/${name} away`)
    const findings = plugins.map(async ({ name, file }): Promise<Finding> => {
      const why = home.remarks[`plug-in ${name}`]
      const alias = home.plugins[name]
      if (why !== undefined) return left(name, why)
      if (alias !== undefined) return ok(`${name} adds ${alias}`)
      if (home.isRunning) return ok(`${name} is new; the next start asks it`)
      const ran = await host.run(process.execPath, ['--input-type=module', '--eval', probe, file], { timeoutMs: 10_000 })
      return ran.code === 0 ? ok(`${name} can be loaded`) : left(name, ran.out.trim() || 'it cannot be loaded')
    })
    return [...refused.map(({ name, why }) => left(name, why)), ...(await Promise.all(findings))]
  },
}

const probe = `
  const { pathToFileURL } = await import('node:url')
  try {
    const { extension } = await import(pathToFileURL(process.argv[1]).href)
    if (typeof extension !== 'function') throw new Error('it exports no function called extension')
    process.exit(0)
  } catch (error) {
    console.log('it throws ' + error.name + ': ' + String(error.message).split('\\n')[0])
    process.exit(1)
  }`
