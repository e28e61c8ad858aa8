"""Debian's oslo.policy, asked by the agreement test: a JSON list of [rule, creds, target] on stdin, a list of answers on stdout."""
import json
import logging
import sys

logging.disable(logging.CRITICAL)

from oslo_config import cfg
from oslo_policy import _parser, policy

enforcer = policy.Enforcer(cfg.ConfigOpts(), use_conf=False)
enforcer.conf([], project='test', default_config_files=[])
enforcer.set_rules({'owner': _parser.parse_rule('user_id:%(target.user.id)s')}, use_conf=False)
print(json.dumps([bool(_parser.parse_rule(rule)(target, creds, enforcer)) for rule, creds, target in json.load(sys.stdin)]))
