"""Who asks for features, and whose they are."""

from fastapi import Request

from spatialgov.workspace import EVERYWHERE, Asker, Features, Permission

__all__ = ["asker_of", "features_of", "is_everywhere"]


def features_of(request: Request) -> Features:
    """Give the features of the workspace."""
    features: Features = request.app.state.workspace.features
    return features


def is_everywhere(request: Request) -> bool:
    """Whether the asker is limited to no area."""
    return EVERYWHERE in request.scope["principal"].jurisdictions


def asker_of(request: Request) -> Asker:
    """Give who asks; it may ask the store."""
    principal, state = request.scope["principal"], request.app.state
    return Asker(
        state.workspace.areas.of(principal.jurisdictions),
        1 if Permission.EXACT_COUNTS in principal.permissions else state.settings.public_minimum,
        state.settings.timezone,
    )
