/** Protocols as programs print them: by the names of the system's list, not Neutron's, which means another one by `ipip`. */
// biome-ignore format: a table
const numbers: Readonly<Record<string, number>> = {
  icmp: 1, igmp: 2, ggp: 3, ipencap: 4, st: 5, tcp: 6, egp: 8, igp: 9, pup: 12, udp: 17, hmp: 20, 'xns-idp': 22, rdp: 27, 'iso-tp4': 29, dccp: 33,
  xtp: 36, ddp: 37, 'idpr-cmtp': 38, ipv6: 41, 'ipv6-route': 43, 'ipv6-frag': 44, idrp: 45, rsvp: 46, gre: 47, esp: 50, ah: 51, skip: 57,
  'ipv6-icmp': 58, icmpv6: 58, 'ipv6-nonxt': 59, 'ipv6-opts': 60, rspf: 73, vmtp: 81, eigrp: 88, ospf: 89, 'ax.25': 93, ipip: 94, etherip: 97,
  encap: 98, pim: 103, ipcomp: 108, vrrp: 112, l2tp: 115, isis: 124, sctp: 132, fc: 133, 'mobility-header': 135, udplite: 136, 'mpls-in-ip': 137,
  manet: 138, hip: 139, shim6: 140, wesp: 141, rohc: 142, ethernet: 143,
}

/** The rules of an iptables-save or iptables-restore text, as `filter -A chain …`, spelled the same way whoever wrote them. */
export function rulesIn(text: string): readonly string[] {
  let table = ''
  return text.split('\n').flatMap(line => {
    if (line.startsWith('*')) table = line.slice(1)
    return line.startsWith('-A ') ? [`${table} ${spelled(line)}`] : []
  })
}

/** Names of protocols and the case of MAC addresses are the program's choice. */
export const spelled = (rule: string): string =>
  rule
    .replace(/ -p (\S+)/, (_, name: string) => ` -p ${numbers[name] ?? name}`)
    .replace(/--mac-source (\S+)/, (_, mac: string) => `--mac-source ${mac.toLowerCase()}`)
    .trim()
