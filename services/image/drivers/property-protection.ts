import { readFileSync } from 'node:fs'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { PropertyAct, PropertyProtection, Viewer } from '../images/image.ts'

const acts = ['create', 'read', 'update', 'delete'] as const satisfies readonly PropertyAct[]

interface Rule {
  readonly form: RegExp
  readonly may: Readonly<Record<PropertyAct, readonly string[]>>
}

/** Without a file, everybody who may change an image may change its properties. */
export const noProtection: PropertyProtection = { allows: () => true }

/**
 * Glance's file: a section per regular expression, the first that fits a property counts, and in it who may create, read, update and delete
 * it: roles with commas, or one policy rule; `@` is everybody and `!` nobody. A property that fits none is nobody's.
 */
export function protectionIn(
  file: string,
  { format, isAllowedBy }: { format: 'roles' | 'policies'; isAllowedBy(rule: string, viewer: Viewer): boolean },
): PropertyProtection {
  const rules = rulesIn(file, readFileSync(file, 'utf8'))
  const fits = (words: readonly string[], viewer: Viewer) =>
    words.includes('@') ||
    (!words.includes('!') &&
      (format === 'policies'
        ? words.some(word => isAllowedBy(word, viewer))
        : words.some(word => viewer.roles.some(role => role.toLowerCase() === word.toLowerCase()))))
  return {
    allows: (act, property, viewer) => {
      if (property.startsWith('os_glance_')) return true
      const rule = rules.find(({ form }) => form.test(property))
      return rule !== undefined && fits(rule.may[act], viewer)
    },
  }
}

function rulesIn(file: string, text: string): readonly Rule[] {
  const rules: Rule[] = []
  let words: Partial<Record<PropertyAct, readonly string[]>> = {}
  const refuse = (line: number, why: string) => new Refusal('invalid', `${file}, line ${line}: ${why}`)
  text.split('\n').forEach((raw, index) => {
    const line = raw.trim()
    if (line === '' || line.startsWith('#') || line.startsWith(';')) return
    const section = /^\[(.*)\]$/.exec(line)?.[1]
    if (section !== undefined) {
      words = {}
      rules.push({ form: formOf(section, why => refuse(index + 1, why)), may: words as Rule['may'] })
      return
    }
    const [, name = '', said = ''] = /^(\w+)\s*[=:]\s*(.*)$/.exec(line) ?? []
    const act = acts.find(one => one === name)
    if (!act || rules.length === 0) throw refuse(index + 1, `‘${line}’ is no section and none of ${acts.join(', ')}`)
    const list = said
      .split(',')
      .map(word => word.trim())
      .filter(word => word !== '')
    if (list.includes('@') && list.includes('!')) throw refuse(index + 1, '@ and ! exclude each other')
    words[act] = list
  })
  for (const { form, may } of rules)
    for (const act of acts) if (!may[act]) throw new Refusal('invalid', `${file}: [${form.source}] does not say who may ${act}`)
  return rules
}

function formOf(section: string, refuse: (why: string) => Refusal): RegExp {
  try {
    return new RegExp(section)
  } catch {
    throw refuse(`‘${section}’ is no regular expression`)
  }
}
