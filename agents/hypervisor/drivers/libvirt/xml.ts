import { SaxesParser } from 'saxes'

/** An element with its children in order: order means something in a domain's XML, so no map of names will do. */
export interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly (Element | string)[]
}

type Child = Element | string | undefined | false

/** `undefined` attributes and absent children are left out. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number | undefined>> = {},
  children: readonly Child[] = [],
): Element {
  return {
    name,
    attributes: Object.fromEntries(Object.entries(attributes).flatMap(([key, value]) => (value === undefined ? [] : [[key, `${value}`]]))),
    children: children.filter(each => each !== undefined && each !== false),
  }
}

/** Elements on lines of their own, two spaces a level; an element of text stays on one line. */
export function writeXml(tree: Element, depth = 0): string {
  const indent = '  '.repeat(depth)
  const head = `${tree.name}${Object.entries(tree.attributes)
    .map(([key, value]) => ` ${key}="${escaped(value)}"`)
    .join('')}`
  if (tree.children.length === 0) return `${indent}<${head}/>\n`
  if (tree.children.every(each => typeof each === 'string')) return `${indent}<${head}>${escaped(tree.children.join(''))}</${tree.name}>\n`
  const inside = tree.children.map(each => (typeof each === 'string' ? escaped(each) : writeXml(each, depth + 1))).join('')
  return `${indent}<${head}>\n${inside}${indent}</${tree.name}>\n`
}

const deepest = 200

interface Open {
  readonly name: string
  readonly attributes: Record<string, string>
  readonly children: (Element | string)[]
}

/** Strict: no document type, no entity but XML's own five, no more than 200 levels. */
export function parseXml(text: string): Element {
  const parser = new SaxesParser()
  const top: Open = { name: '', attributes: {}, children: [] }
  const stack: Open[] = [top]
  const add = (child: Element | string) => stack.at(-1)?.children.push(child)
  parser.on('error', error => {
    throw error
  })
  parser.on('doctype', () => {
    throw new Error('a document type is not accepted')
  })
  parser.on('opentag', tag => {
    const opened: Open = { name: tag.name, attributes: { ...tag.attributes }, children: [] }
    add(opened)
    if (stack.push(opened) > deepest) throw new Error(`elements are nested more than ${deepest} deep`)
  })
  parser.on('closetag', () => void stack.pop())
  parser.on('text', words => {
    if (words.trim() !== '') add(words)
  })
  parser.on('cdata', words => void add(words))
  parser.write(text).close()
  const root = top.children.find(each => typeof each !== 'string')
  if (!root || typeof root === 'string') throw new Error('there is no element')
  return root
}

/** The first element down a path of names: `find(domain, 'devices', 'graphics')`. */
export function find(tree: Element, ...path: readonly string[]): Element | undefined {
  const [name, ...rest] = path
  if (name === undefined) return tree
  const child = tree.children.find(each => typeof each !== 'string' && each.name === name)
  return child === undefined || typeof child === 'string' ? undefined : find(child, ...rest)
}

function escaped(text: string): string {
  return text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
    .replace(/[&<>"'\r\n\t]/g, each => `&#${each.charCodeAt(0)};`)
}
