/**
 * Fills in `$option`, `${option}`, `$group.option` and `${group.option}`; `$$` and `\$` are a dollar sign. A bare name is looked up in
 * the section of the value first, then in DEFAULT. A name nobody knows stays as it is written.
 */
export function interpolate(value: string, section: string, find: (section: string, key: string) => string | undefined): string {
  if (!value.includes('$')) return value
  return value.replace(/\\\$|\$\$|\$\{([a-z_][\w.-]*)\}|\$([a-z_]\w*(?:\.[a-z_]\w*)*)/gi, (written, braced?: string, bare?: string) => {
    const name = braced ?? bare
    if (name === undefined) return '$'
    const at = name.lastIndexOf('.')
    if (at < 0) return find(section, name) ?? find('DEFAULT', name) ?? written
    const whole = find(name.slice(0, at), name.slice(at + 1))
    if (whole !== undefined || braced !== undefined) return whole ?? written
    // `$my_ip.example.com`: the name ends where the dots begin.
    const first = name.slice(0, name.indexOf('.'))
    const value = find(section, first) ?? find('DEFAULT', first)
    return value === undefined ? written : value + name.slice(first.length)
  })
}
