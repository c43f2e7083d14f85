"""Our own signing keys: kept encrypted, the newest signs, retired ones stay published."""

from datetime import datetime

from lti.keys import ToolKey as LtiKey
from service.models import ToolKey
from service.signing import Signer
from service.store import registrations as rows
from service.store.database import Database


async def ensure_key(database: Database, signer: Signer, now: datetime) -> None:
    """Make the first key where there is none."""
    async with database.begin() as work:
        if not await rows.keys(work.session):
            key = LtiKey.generate()
            work.session.add(
                ToolKey(
                    kid=key.kid,
                    encrypted_pem=signer.encrypt(key.private_pem),
                    created_at=now,
                )
            )


async def all_keys(database: Database, signer: Signer) -> list[LtiKey]:
    """Every key that a platform may still meet, the one that signs first."""
    async with database.begin() as work:
        stored = await rows.keys(work.session)
    return [LtiKey(kid=key.kid, private_pem=signer.decrypt(key.encrypted_pem)) for key in stored]


async def signing_key(database: Database, signer: Signer) -> LtiKey:
    """The key that signs now."""
    return (await all_keys(database, signer))[0]
