import type { Check, Finding, Patient } from './check.ts'
import { ofHome } from '../of-home.ts'
import { libvirtDaemon, libvirtProbes, qemuUser, virtualisation } from './guest-checks.ts'
import { certificate } from './tls-checks.ts'
import { diskSpace, freePorts, installedPackages, memory, nodeVersion, rights, time } from './host-checks.ts'
import { firstImageCheck } from './image-checks.ts'
import { plugIns } from './plugin-checks.ts'
import { broker, databases } from './reach-checks.ts'

/** Every check there is, in the order in which they are told. */
export const checks: readonly Check[] = [
  nodeVersion,
  rights,
  installedPackages,
  freePorts,
  virtualisation,
  libvirtDaemon,
  libvirtProbes,
  qemuUser,
  databases,
  broker,
  certificate,
  plugIns,
  firstImageCheck,
  diskSpace,
  memory,
  time,
]

export interface Diagnosis extends Finding {
  readonly name: string
}

/** Looks at everything; a check that breaks is a finding of its own. */
export async function diagnose(told: Omit<Patient, 'home'>, wanted: readonly Check[] = checks): Promise<readonly Diagnosis[]> {
  const patient = { ...told, home: ofHome(told, told.settings) }
  const all = await Promise.all(
    wanted.map(async ({ name, run }) => {
      const findings = await Promise.resolve()
        .then(() => run(patient))
        .catch((error: unknown): readonly Finding[] => [{ level: 'FAIL', says: `the check itself broke: ${String(error)}` }])
      return findings.map(finding => ({ name, ...finding }))
    }),
  )
  return all.flat()
}

/** One line per finding: `FAIL  ports  5000 (keystone) is in use by ... -> stop it, or ...`. */
export const diagnosisLine = ({ level, name, says, remedy }: Diagnosis) =>
  `${level.padEnd(4)}  ${name.padEnd(10)}  ${says}${remedy === undefined ? '' : ` -> ${remedy}`}`
