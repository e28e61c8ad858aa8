import { columns } from '@kilonova/platform/sql/columns.ts'
import type { Migration } from '@kilonova/platform/sql/database.ts'

export const credentials: Migration = {
  name: '0004-credentials',
  async up(schema, dialect) {
    const c = columns(dialect)

    await schema
      .createTable('credential')
      .addColumn('id', c.id, col => col.primaryKey())
      .addColumn('user_id', c.id, col => col.notNull())
      .addColumn('project_id', c.id)
      .addColumn('type', c.text, col => col.notNull())
      .addColumn('encrypted_blob', c.longText, col => col.notNull())
      .addColumn('key_hash', c.text, col => col.notNull())
      .addColumn('extra', c.json, col => col.notNull())
      .execute()
    await schema.createIndex('credential_user_id').on('credential').columns(['user_id']).execute()
    await schema.createIndex('credential_project_id').on('credential').columns(['project_id']).execute()

    await schema
      .createTable('application_credential')
      .addColumn('id', c.id, col => col.primaryKey())
      .addColumn('name', c.text, col => col.notNull())
      .addColumn('user_id', c.id, col => col.notNull())
      .addColumn('project_id', c.id, col => col.notNull())
      .addColumn('secret_hash', c.text, col => col.notNull())
      .addColumn('description', c.longText)
      .addColumn('expires_at', c.time)
      .addColumn('unrestricted', c.flag, col => col.notNull())
      .execute()
    await schema
      .createIndex('application_credential_user_id_name')
      .on('application_credential')
      .unique()
      .columns(['user_id', 'name'])
      .execute()
    await schema.createIndex('application_credential_project_id').on('application_credential').columns(['project_id']).execute()

    await schema
      .createTable('application_credential_role')
      .addColumn('application_credential_id', c.id, col => col.notNull())
      .addColumn('role_id', c.id, col => col.notNull())
      .addPrimaryKeyConstraint('application_credential_role_pk', ['application_credential_id', 'role_id'])
      .execute()
    await schema.createIndex('application_credential_role_role_id').on('application_credential_role').columns(['role_id']).execute()

    await schema
      .createTable('application_credential_access_rule')
      .addColumn('application_credential_id', c.id, col => col.notNull())
      .addColumn('access_rule_id', c.id, col => col.notNull())
      .addPrimaryKeyConstraint('application_credential_access_rule_pk', ['application_credential_id', 'access_rule_id'])
      .execute()
    await schema
      .createIndex('application_credential_access_rule_access_rule_id')
      .on('application_credential_access_rule')
      .columns(['access_rule_id'])
      .execute()

    await schema
      .createTable('access_rule')
      .addColumn('id', c.id, col => col.primaryKey())
      .addColumn('user_id', c.id, col => col.notNull())
      .addColumn('service', c.text, col => col.notNull())
      .addColumn('path', c.text, col => col.notNull())
      .addColumn('method', c.id, col => col.notNull())
      .execute()
    await schema.createIndex('access_rule_user_id').on('access_rule').columns(['user_id']).execute()

    await schema
      .createTable('trust')
      .addColumn('id', c.id, col => col.primaryKey())
      .addColumn('trustor_user_id', c.id, col => col.notNull())
      .addColumn('trustee_user_id', c.id, col => col.notNull())
      .addColumn('project_id', c.id)
      .addColumn('impersonation', c.flag, col => col.notNull())
      .addColumn('deleted_at', c.time)
      .addColumn('expires_at', c.time)
      .addColumn('remaining_uses', c.integer)
      .addColumn('redelegation_count', c.integer)
      .addColumn('redelegated_trust_id', c.id)
      .addColumn('extra', c.json, col => col.notNull())
      .execute()
    await schema.createIndex('trust_trustor_user_id').on('trust').columns(['trustor_user_id']).execute()
    await schema.createIndex('trust_trustee_user_id').on('trust').columns(['trustee_user_id']).execute()
    await schema.createIndex('trust_project_id').on('trust').columns(['project_id']).execute()
    await schema.createIndex('trust_redelegated_trust_id').on('trust').columns(['redelegated_trust_id']).execute()

    await schema
      .createTable('trust_role')
      .addColumn('trust_id', c.id, col => col.notNull())
      .addColumn('role_id', c.id, col => col.notNull())
      .addPrimaryKeyConstraint('trust_role_pk', ['trust_id', 'role_id'])
      .execute()
    await schema.createIndex('trust_role_role_id').on('trust_role').columns(['role_id']).execute()

    await schema
      .createTable('consumer')
      .addColumn('id', c.id, col => col.primaryKey())
      .addColumn('description', c.longText)
      .addColumn('secret', c.text, col => col.notNull())
      .addColumn('extra', c.json, col => col.notNull())
      .execute()

    await schema
      .createTable('request_token')
      .addColumn('id', c.id, col => col.primaryKey())
      .addColumn('secret', c.text, col => col.notNull())
      .addColumn('verifier', c.text)
      .addColumn('authorizing_user_id', c.id)
      .addColumn('requested_project_id', c.id, col => col.notNull())
      .addColumn('role_ids', c.json)
      .addColumn('consumer_id', c.id, col => col.notNull())
      .addColumn('expires_at', c.time)
      .execute()
    await schema.createIndex('request_token_consumer_id').on('request_token').columns(['consumer_id']).execute()

    await schema
      .createTable('access_token')
      .addColumn('id', c.id, col => col.primaryKey())
      .addColumn('secret', c.text, col => col.notNull())
      .addColumn('authorizing_user_id', c.id, col => col.notNull())
      .addColumn('project_id', c.id, col => col.notNull())
      .addColumn('role_ids', c.json, col => col.notNull())
      .addColumn('consumer_id', c.id, col => col.notNull())
      .addColumn('expires_at', c.time)
      .execute()
    await schema.createIndex('access_token_consumer_id').on('access_token').columns(['consumer_id']).execute()
    await schema.createIndex('access_token_authorizing_user_id').on('access_token').columns(['authorizing_user_id']).execute()

    // Tokens that ended before their time; '' narrows nothing.
    await schema
      .createTable('revocation_event')
      .addColumn('id', c.id, col => col.primaryKey())
      .addColumn('audit_id', c.id, col => col.notNull())
      .addColumn('audit_chain_id', c.id, col => col.notNull())
      .addColumn('user_id', c.id, col => col.notNull())
      .addColumn('project_id', c.id, col => col.notNull())
      .addColumn('domain_id', c.id, col => col.notNull())
      .addColumn('role_id', c.id, col => col.notNull())
      .addColumn('trust_id', c.id, col => col.notNull())
      .addColumn('consumer_id', c.id, col => col.notNull())
      .addColumn('access_token_id', c.id, col => col.notNull())
      .addColumn('issued_before', c.time, col => col.notNull())
      .addColumn('expires_at', c.time)
      .addColumn('revoked_at', c.time, col => col.notNull())
      .execute()
    await schema.createIndex('revocation_event_user_id').on('revocation_event').columns(['user_id']).execute()
    await schema.createIndex('revocation_event_audit_id').on('revocation_event').columns(['audit_id']).execute()
    await schema.createIndex('revocation_event_audit_chain_id').on('revocation_event').columns(['audit_chain_id']).execute()
    await schema.createIndex('revocation_event_revoked_at').on('revocation_event').columns(['revoked_at']).execute()
  },
}
