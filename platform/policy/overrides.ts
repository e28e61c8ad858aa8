import { parse, YAMLParseError } from 'yaml'
import { Refusal } from '../refusal.ts'

/** An operator's rules, still as written: `name → text or list of lists`, and the file they came from, for messages. */
export interface Overrides {
  readonly file: string
  readonly rules: Readonly<Record<string, unknown>>
}

/** The content of a `policy.yaml` or `policy.json` (JSON is YAML). An empty file overrides nothing. */
export function readOverrides(file: string, content: string): Overrides {
  const rules = parseYaml(file, content) ?? {}
  if (typeof rules !== 'object' || Array.isArray(rules)) throw new Refusal('invalid', `${file}: a policy file is a table from name to rule`)
  return { file, rules: rules as Readonly<Record<string, unknown>> }
}

function parseYaml(file: string, content: string): unknown {
  try {
    return parse(content)
  } catch (cause) {
    if (!(cause instanceof YAMLParseError)) throw cause
    throw new Refusal('invalid', `${file}: ${cause.message.split('\n', 1)[0]?.replace(/:$/, '')}`, { cause })
  }
}
