/** Rows of identity's tables as its tests need them around what they test: whoever is there only so that others can refer to it. */
export const projectRow = (id: string, domainId = 'default', parentId = domainId) => ({
  id,
  name: id,
  name_folded: id,
  domain_id: domainId,
  parent_id: parentId,
  is_domain: domainId === '',
  enabled: true,
  description: '',
  options: '{}',
  extra: '{}',
})

export const domainRow = (id: string) => projectRow(id, '', '')

export const userRow = (id: string, domainId = 'default') => ({
  id,
  name: id,
  name_folded: id,
  domain_id: domainId,
  default_project_id: null,
  enabled: true,
  options: '{}',
  extra: '{}',
  created_at: '',
  last_active_at: null,
  failed_auth_count: 0,
  failed_auth_at: null,
})

export const roleRow = (id: string, domainId = '') => ({
  id,
  name: id,
  name_folded: id,
  domain_id: domainId,
  description: null,
  options: '{}',
  extra: '{}',
})

export const assignmentRow = (userId: string, roleId: string, projectId: string) => ({
  actor_type: 'user' as const,
  actor_id: userId,
  target_type: 'project' as const,
  target_id: projectId,
  role_id: roleId,
  inherited: false,
})
