import type { Migration } from '@kilonova/platform/sql/database.ts'
import { catalog } from './0001-catalog.ts'
import { people } from './0002-people.ts'
import { roles } from './0003-roles.ts'
import { credentials } from './0004-credentials.ts'
import { names } from './0005-names.ts'

export const migrations: readonly Migration[] = [catalog, people, roles, credentials, names]
