import { cp, mkdir, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { run } from './run.ts'

const folders = ['lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu', 'usr/libexec/sudo', 'usr/lib/sudo']
const loader = 'lib/x86_64-linux-gnu/ld-linux-x86-64.so.2'

/** How to run a program of an unpacked tree with that tree's own libraries. */
export const fromTree = (tree: string, program: string): { program: string; args: string[] } => ({
  program: join(tree, loader),
  args: ['--library-path', libraryPath(tree), join(tree, program)],
})

/** Copies programs and plug-ins from one tree to another, with every library they are linked to and the loader. */
export async function copyWithLibraries(from: string, to: string, programs: readonly string[]): Promise<void> {
  const files = new Set<string>(programs)
  for (const program of programs) for (const library of await libraries(from, program)) files.add(library)
  for (const file of files) await copy(from, to, file)
  await copy(from, to, loader)
  await mkdir(join(to, 'lib64'), { recursive: true })
  await copy(from, to, loader, 'lib64/ld-linux-x86-64.so.2')
}

async function libraries(tree: string, program: string): Promise<string[]> {
  const list = await run(join(tree, loader), ['--library-path', libraryPath(tree), '--list', join(tree, program)])
  return [...list.matchAll(/=> (\S+) \(/g)].map(([, path = '']) => {
    if (!path.startsWith(`${tree}/`)) throw new Error(`${program} needs ${path}, which no package of the guest brings`)
    return path.slice(tree.length + 1)
  })
}

/** The file itself under the name it is asked for by: links between versions are followed. */
async function copy(from: string, to: string, file: string, as = file): Promise<void> {
  await mkdir(dirname(join(to, as)), { recursive: true })
  await cp(await realpath(join(from, file)), join(to, as))
}

const libraryPath = (tree: string): string => folders.map(folder => join(tree, folder)).join(':')
