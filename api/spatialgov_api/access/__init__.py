"""Who may ask what: credentials, the rule of every route, limits of rate, the audit log of requests."""

from spatialgov_api.access.access import Access, LocateRight, is_loopback
from spatialgov_api.access.middleware import AccessMiddleware
from spatialgov_api.access.principal import Principal
from spatialgov_api.access.rules import RULES, Rule

__all__ = ["RULES", "Access", "AccessMiddleware", "LocateRight", "Principal", "Rule", "is_loopback"]
