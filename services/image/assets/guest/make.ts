import { buildGuestImage } from './build.ts'

/** `node services/image/assets/guest/make.ts <output folder> [<cache folder>]` */
const [outDir, cacheDir = `${process.env['HOME'] ?? '/root'}/.cache/kilonova/guest`] = process.argv.slice(2)
if (!outDir) throw new Error('say where to: make.ts <output folder> [<cache folder>]')
const started = performance.now()
const built = await buildGuestImage({ outDir, cacheDir })
const seconds = ((performance.now() - started) / 1000).toFixed(1)
process.stdout.write(
  `${built.path}: ${(built.sizeBytes / 1e6).toFixed(1)} MB, ${built.wasCached ? 'from the cache' : 'built'} in ${seconds} s\n`,
)
