import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, bench } from '../kit.ts'

let at: Bench
let ask: Bench['ask']
beforeEach(async () => {
  at = await bench()
  ask = at.ask
})
afterEach(() => at.close())

const path = '/v2.0/default-security-group-rules'
const ssh = { direction: 'ingress', protocol: 'tcp', port_range_min: 22, port_range_max: 22 }
const add = (rule: object, as = 'admin') => ask(`POST ${path}`, { as, body: { default_security_group_rule: rule } })
const list = async () => (await ask(`GET ${path}`)).body.default_security_group_rules
const rulesOf = async (group: { id: string }) =>
  (await ask(`GET /v2.0/security-groups/${group.id}`)).body.security_group.security_group_rules
const refusal = ({ status, body }: { status: number; body: { NeutronError: { type: string } } }) => [status, body.NeutronError.type]

describe('the rules that security groups begin with', () => {
  test('are the usual ones until somebody says otherwise, and everybody may know them', async () => {
    const rules = await list()
    const brief = rules.map((rule: Record<string, unknown>) =>
      [rule['direction'], rule['ethertype'], rule['remote_group_id'], rule['used_in_default_sg'], rule['used_in_non_default_sg']].join(' '),
    )
    expect(brief.sort()).toEqual([
      'egress IPv4  true true',
      'egress IPv6  true true',
      'ingress IPv4 PARENT true false',
      'ingress IPv6 PARENT true false',
    ])
    expect(rules[0].project_id).toBeUndefined()
  })

  test('are in groups made afterwards, and only where they are meant to be', async () => {
    const before = await at.make('security-groups', { security_group: { name: 'before' } })
    expect((await add(ssh)).status).toBe(201)
    await add({ direction: 'ingress', protocol: 'icmp', used_in_default_sg: true, used_in_non_default_sg: false })
    const after = await at.make('security-groups', { security_group: { name: 'after' } })
    expect(await rulesOf(before)).toHaveLength(2)
    expect((await rulesOf(after)).map((rule: { protocol: string | null }) => rule.protocol).sort()).toEqual([null, null, 'tcp'].sort())
    const [usual] = (await ask('GET /v2.0/security-groups?name=default', { as: 'other' })).body.security_groups
    const others = usual.security_group_rules.map((rule: { protocol: string | null; direction: string }) => [rule.direction, rule.protocol])
    expect(others).toContainEqual(['ingress', 'icmp'])
    expect(others).toHaveLength(5)
  })

  test('mean the group they come to be in, where they say so', async () => {
    await add({ direction: 'ingress', ethertype: 'IPv4', remote_group_id: 'PARENT' })
    const group = await at.make('security-groups', { security_group: { name: 'g' } })
    const remotes = (await rulesOf(group)).map((rule: { remote_group_id: string | null }) => rule.remote_group_id)
    expect(remotes).toContain(group.id)
  })

  test('stay away when they were taken away', async () => {
    for (const { id } of await list()) expect((await ask(`DELETE ${path}/${id}`, { as: 'admin' })).status).toBe(204)
    expect(await list()).toEqual([])
    expect(await rulesOf(await at.make('security-groups', { security_group: { name: 'bare' } }))).toEqual([])
    const [{ id }] = [{ id: '00000000-0000-4000-8000-000000000000' }]
    expect(refusal(await ask(`GET ${path}/${id}`))).toEqual([404, 'DefaultSecurityGroupRuleNotFound'])
  })

  test.each([
    [{ direction: 'egress', ethertype: 'IPv4' }, 409, 'DefaultSecurityGroupRuleExists'],
    [{ ...ssh, port_range_min: 23 }, 400, 'SecurityGroupInvalidPortRange'],
    [{ ...ssh, remote_group_id: '00000000-0000-4000-8000-000000000000' }, 404, 'SecurityGroupNotFound'],
    [{ ...ssh, remote_ip_prefix: '::/0' }, 400, 'SecurityGroupRuleParameterConflict'],
  ])('%j is refused', async (rule, status, type) => {
    expect(refusal(await add(rule))).toEqual([status, type])
  })

  test('are an administrator’s to change', async () => {
    expect((await add(ssh, 'member')).status).toBe(403)
    const [{ id }] = await list()
    expect((await ask(`DELETE ${path}/${id}`)).status).toBe(403)
  })
})
