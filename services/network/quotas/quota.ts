/** What is counted per project, and how many there may be unless somebody says otherwise; -1: any number. */
export const countedResources = [
  'network',
  'subnet',
  'port',
  'router',
  'floatingip',
  'security_group',
  'security_group_rule',
  'rbac_policy',
  'subnetpool',
  'trunk',
] as const
export type Counted = (typeof countedResources)[number]

export type Limits = Readonly<Record<string, number>>
