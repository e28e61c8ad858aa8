/** What Nova served once and has let go of: asked for, it says so to everybody. */
// biome-ignore format: a table
export const gone = [
  ...['GET /os-agents', 'POST /os-agents', 'PUT /os-agents/{agent_build_id}', 'DELETE /os-agents/{agent_build_id}'],
  ...['GET /os-cells', 'POST /os-cells', 'GET /os-cells/capacities', 'GET /os-cells/detail', 'GET /os-cells/info', 'POST /os-cells/sync_instances'],
  ...['GET /os-cells/{cell_id}', 'PUT /os-cells/{cell_id}', 'DELETE /os-cells/{cell_id}', 'GET /os-cells/{cell_id}/capacities'],
  ...['POST /os-certificates', 'GET /os-certificates/{certificate_id}'],
  ...['GET /os-cloudpipe', 'POST /os-cloudpipe', 'PUT /os-cloudpipe/{cloudpipe_id}'],
  ...['GET /os-fixed-ips/{fixed_ip}', 'POST /os-fixed-ips/{fixed_ip}/action'],
  ...['GET /os-floating-ip-dns', 'PUT /os-floating-ip-dns/{domain}', 'DELETE /os-floating-ip-dns/{domain}'],
  ...['GET /os-floating-ip-dns/{domain}/entries/{entry}', 'PUT /os-floating-ip-dns/{domain}/entries/{entry}', 'DELETE /os-floating-ip-dns/{domain}/entries/{entry}'],
  ...['GET /os-floating-ips-bulk', 'POST /os-floating-ips-bulk', 'GET /os-floating-ips-bulk/{host}', 'PUT /os-floating-ips-bulk/{host}'],
  ...['GET /os-fping', 'GET /os-fping/{server_id}'],
  ...['POST /os-networks', 'POST /os-networks/add', 'DELETE /os-networks/{network_id}', 'POST /os-networks/{network_id}/action'],
  ...['POST /os-tenant-networks', 'DELETE /os-tenant-networks/{network_id}'],
  ...['GET /os-security-group-default-rules', 'POST /os-security-group-default-rules'],
  ...['GET /os-security-group-default-rules/{rule_id}', 'DELETE /os-security-group-default-rules/{rule_id}'],
  ...['GET /servers/{server_id}/consoles', 'POST /servers/{server_id}/consoles'],
  ...['GET /servers/{server_id}/consoles/{console_id}', 'DELETE /servers/{server_id}/consoles/{console_id}'],
  'GET /servers/{server_id}/os-virtual-interfaces',
] as const

/** As HTTP itself words it. */
export const goneWords = 'This resource is no longer available.  No forwarding address is given.'
