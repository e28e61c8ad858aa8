import type { Migration } from '@kilonova/platform/sql/database.ts'
import { networks } from './0001-networks.ts'

export const migrations: readonly Migration[] = [networks]
