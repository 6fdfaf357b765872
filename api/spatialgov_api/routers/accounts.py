"""One's own account, API keys, and the audit log."""

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from spatialgov.errors import ForbiddenError
from spatialgov.language import t
from spatialgov.workspace import Permission
from spatialgov_api.access.principal import Principal
from spatialgov_api.dependencies import Identifier, Limit, Offset, PrincipalHere, Since, WorkspaceHere
from spatialgov_api.schemas import (
    AccountAnswer,
    ApiKeyAnswer,
    ApiKeyRequest,
    ApiKeysAnswer,
    AuditAnswer,
    NewApiKeyAnswer,
)

__all__ = ["router"]

router = APIRouter(tags=["accounts"])


@router.get("/account", summary="Who am I?")
def account(principal: PrincipalHere) -> AccountAnswer:
    """Give one's own account: its role, its jurisdictions, and what it may do."""
    return AccountAnswer(
        name=principal.name,
        role=principal.role,
        jurisdictions=sorted(principal.jurisdictions),
        permissions=sorted(principal.permissions),
    )


@router.get("/api-keys", summary="API keys")
def api_keys(workspace: WorkspaceHere, principal: PrincipalHere) -> ApiKeysAnswer:
    """Give the API keys of one's own account, without their secrets; an administrator gets those of all."""
    return ApiKeysAnswer(keys=[ApiKeyAnswer.of(key) for key in workspace.store.accounts.keys(_whose(principal))])


@router.post("/api-keys", status_code=201, summary="Make an API key", response_model=NewApiKeyAnswer)
def make_api_key(workspace: WorkspaceHere, principal: PrincipalHere, request: ApiKeyRequest) -> Response:
    """Make an API key with the rights of one's own account; `key` is shown this once and stored as a hash only."""
    _require_sign_in(principal)
    key, record = workspace.accounts.add_key(principal.name, request.label)
    answer = NewApiKeyAnswer(key=key, **ApiKeyAnswer.of(record).model_dump())
    return JSONResponse(answer.model_dump(), 201, headers={"cache-control": "no-store"})


@router.delete("/api-keys/{key_id}", summary="Revoke an API key")
def revoke_api_key(workspace: WorkspaceHere, principal: PrincipalHere, key_id: Identifier) -> ApiKeyAnswer:
    """Revoke an API key of one's own account; an administrator may revoke any. Another's is as if it were not there."""
    _require_sign_in(principal)
    return ApiKeyAnswer.of(workspace.store.accounts.revoke_key(key_id, account=_whose(principal)))


@router.get("/audit", summary="The audit log")
def audit(workspace: WorkspaceHere, since: Since = None, limit: Limit = 1000, offset: Offset = 0) -> AuditAnswer:
    """Give changes, exports and refused attempts, the newest first."""
    entries = workspace.store.audit.entries(since=since, limit=limit, offset=offset)
    return AuditAnswer.of(entries)


def _whose(principal: Principal) -> str | None:
    """Give the account whose keys may be seen and revoked; None for all."""
    return None if Permission.AUDIT in principal.permissions else principal.name


def _require_sign_in(principal: Principal) -> None:
    """Refuse whoever came by an API key: a key that leaked must not make others, nor take them away."""
    if principal.came_by in ("key", "nothing"):
        raise ForbiddenError(
            t("API keys are made and revoked by an account that signed in.", "API 密钥须由已登录的账户建立和撤销。"),
            remedy=t("Sign in with the password: POST /api/v1/token.", "请用密码登录：POST /api/v1/token。"),
        )
