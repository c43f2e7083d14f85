"""What every table shares."""

from datetime import datetime
from enum import Enum, StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID, uuid4

from sqlalchemy import DateTime, MetaData, String, Text
from sqlalchemy import Enum as EnumType
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

Id = Annotated[UUID, mapped_column(primary_key=True, default=uuid4)]
Moment = Annotated[datetime, mapped_column(DateTime(timezone=True))]
Short = Annotated[str, mapped_column(String(255))]
Address = Annotated[str, mapped_column(String(2048))]
Long = Annotated[str, mapped_column(Text)]
Plain = Annotated[dict[str, Any], mapped_column(JSONB)]


def spellings(members: type[Enum]) -> list[str]:
    """An enum is stored as its value: the word that the code and the pages use."""
    return [str(member.value) for member in members]


class Base(DeclarativeBase):
    """The declarative base; constraint names are fixed, so that migrations can name them."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {
        StrEnum: EnumType(StrEnum, native_enum=False, length=32, values_callable=spellings),
    }
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
