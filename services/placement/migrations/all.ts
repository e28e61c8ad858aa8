import type { Migration } from '@kilonova/platform/sql/database.ts'
import { placement } from './0001-placement.ts'

export const migrations: readonly Migration[] = [placement]
