"""What the content service's container provides beside what every service has: one provider a concern."""

from dishka import Provider, Scope, provide

from services.content_service.content_repository_postgres_impl import PostgresContentRepository
from services.content_service.protocols import ContentRepository, RelationRepository, TagRepository
from services.content_service.relation_repository_postgres_impl import PostgresRelationRepository
from services.content_service.tag_repository_postgres_impl import PostgresTagRepository


class RepositoryProvider(Provider):
    """The implementations of the repositories' Protocols."""

    scope = Scope.REQUEST
    contents = provide(PostgresContentRepository, provides=ContentRepository)
    tags = provide(PostgresTagRepository, provides=TagRepository)
    relations = provide(PostgresRelationRepository, provides=RelationRepository)


PROVIDERS = (RepositoryProvider,)
