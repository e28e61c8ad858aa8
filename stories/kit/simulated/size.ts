/** How large a simulated cloud is. Everything else of it comes from its seed. */
export interface WorldSize {
  readonly hosts: number
  /** How many servers its clients want, at least; doubled requests make more. */
  readonly servers: number
}

/** As large as told, unless `KILONOVA_HOSTS` and `KILONOVA_SERVERS` say otherwise. */
export const wantedSize = ({ hosts, servers }: WorldSize): WorldSize => ({
  hosts: Number(process.env['KILONOVA_HOSTS'] || hosts),
  servers: Number(process.env['KILONOVA_SERVERS'] || servers),
})
