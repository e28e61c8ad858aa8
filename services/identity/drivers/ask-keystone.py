"""Debian's Keystone, asked by the interchange test: one JSON request a line on stdin, one JSON answer a line on stdout."""
import datetime
import json
import logging
import sys

logging.disable(logging.CRITICAL)

import keystone.conf
from keystone.common import fernet_utils, password_hashing, utils
from keystone.credential.providers.fernet import Provider as CredentialProvider
from keystone.token import token_formatters as formatters
from keystone.token.providers.jws import core as jws

CONF = keystone.conf.CONF
keystone.conf.configure()
CONF([], project='keystone', default_config_files=[], default_config_dirs=[])
FIELDS = ('user_id', 'methods', 'audit_ids', 'system', 'domain_id', 'project_id', 'trust_id', 'federated_group_ids',
          'identity_provider_id', 'protocol_id', 'access_token_id', 'app_cred_id', 'issued_at', 'expires_at')
SHAPES = {one.version: one for one in formatters._PAYLOAD_CLASSES}


def configure(group, **options):
    for name, value in options.items():
        CONF.set_override(name, value, group=group)


def seal(shape, expires_at, **fields):
    return formatters.TokenFormatter().create_token(expires_at=expires_at, payload_class=SHAPES[shape], **fields)


def key_repository(folder):
    return fernet_utils.FernetUtils(folder, 3, 'fernet_tokens')


VERBS = {
    'configure': configure,
    'seal': seal,
    'open': lambda token: dict(zip(FIELDS, formatters.TokenFormatter().validate_token(token))),
    'sealJws': lambda **fields: jws.JWSFormatter().create_token(**fields)[0],
    'openJws': lambda token: dict(zip(FIELDS, jws.JWSFormatter().validate_token(token))),
    'setUpKeys': lambda folder: key_repository(folder).initialize_key_repository(),
    'rotateKeys': lambda folder: key_repository(folder).rotate_keys(),
    'sealCredential': lambda plain: [text if isinstance(text, str) else text.decode() for text in CredentialProvider().encrypt(plain)],
    'openCredential': lambda sealed: CredentialProvider().decrypt(sealed),
    'hashPassword': lambda password: password_hashing.hash_password(password),
    'checkPassword': lambda password, hashed: password_hashing.check_password(password, hashed),
}

for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = {'answer': VERBS[request['verb']](**request['with'])}
    except Exception as error:
        answer = {'error': repr(error)}
    print(json.dumps(answer), flush=True)
