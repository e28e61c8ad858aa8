import fc from 'fast-check'

/** Property tests draw the same values in every run, so that a change that breaks one is told apart from luck; `KILONOVA_SEED` draws others. */
fc.configureGlobal({ seed: Number(process.env['KILONOVA_SEED'] ?? 1) })
