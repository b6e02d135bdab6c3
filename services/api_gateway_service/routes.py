"""Every route of another service that the gateway passes on; what is not listed here cannot be reached through it."""

import re
from dataclasses import dataclass

_PARAMETER = re.compile(r"<(?:[^<>]*:)?(\w+)>")


@dataclass(frozen=True)
class ProxiedRoute:
    """A rule in Quart's form, exactly as the service has it, with the methods that it takes."""

    upstream: str
    rule: str
    methods: tuple[str, ...]


def template_of(rule: str) -> str:
    """The rule as people write it: `/v1/files/{file_id}` for `/v1/files/<uuid:file_id>`."""
    return _PARAMETER.sub(r"{\1}", rule)


_VERSION = "<int(min=1,max=2147483647):version>"

ROUTES: tuple[ProxiedRoute, ...] = (
    ProxiedRoute("content", "/v1/contents", ("GET", "POST")),
    ProxiedRoute("content", "/v1/contents/<string:content_id>", ("DELETE", "GET")),
    ProxiedRoute("content", "/v1/contents/<string:content_id>/ancestors", ("GET",)),
    ProxiedRoute("content", "/v1/contents/<string:content_id>/bytes", ("GET", "PUT")),
    ProxiedRoute("content", "/v1/contents/<string:content_id>/descendants", ("GET",)),
    ProxiedRoute("content", "/v1/contents/<string:content_id>/relations", ("GET", "POST")),
    ProxiedRoute("content", "/v1/contents/<string:content_id>/relations/<uuid:relation_id>", ("DELETE",)),
    ProxiedRoute("content", "/v1/contents/<string:content_id>/restore", ("POST",)),
    ProxiedRoute("content", "/v1/contents/<string:content_id>/tags", ("GET", "POST")),
    ProxiedRoute("content", "/v1/contents/<string:content_id>/tags/<uuid:tag_id>", ("DELETE",)),
    ProxiedRoute("content", "/v1/tags", ("GET",)),
    ProxiedRoute("content", "/v1/tags/<uuid:tag_id>", ("DELETE",)),
    ProxiedRoute("spell_checker", "/v1/spellcheck/corrections", ("GET",)),
    ProxiedRoute("spell_checker", "/v1/spellcheck/jobs", ("GET", "POST")),
    ProxiedRoute("spell_checker", "/v1/spellcheck/jobs/<uuid:job_id>", ("DELETE", "GET")),
    ProxiedRoute("spell_checker", "/v1/spellcheck/jobs/<uuid:job_id>/corrections", ("GET",)),
    ProxiedRoute("spell_checker", "/v1/spellcheck/jobs/<uuid:job_id>/retry", ("POST",)),
    ProxiedRoute("file", "/v1/batches/<uuid:batch_id>/files", ("POST",)),
    ProxiedRoute("file", "/v1/files", ("GET",)),
    ProxiedRoute("file", "/v1/files/<uuid:file_id>", ("DELETE", "GET")),
    ProxiedRoute("file", "/v1/files/<uuid:file_id>/content", ("GET",)),
    ProxiedRoute("file", "/v1/files/<uuid:file_id>/restore", ("POST",)),
    ProxiedRoute("file", "/v1/files/<uuid:file_id>/status", ("PATCH",)),
    ProxiedRoute("file", "/v1/files/<uuid:file_id>/versions", ("GET", "POST")),
    ProxiedRoute("file", f"/v1/files/<uuid:file_id>/versions/{_VERSION}", ("GET",)),
    ProxiedRoute("file", f"/v1/files/<uuid:file_id>/versions/{_VERSION}/content", ("GET",)),
    ProxiedRoute("cj_assessment", "/v1/cj/anchor-essays", ("GET", "POST")),
    ProxiedRoute("cj_assessment", "/v1/cj/anchor-essays/<uuid:anchor_id>", ("DELETE", "GET")),
    ProxiedRoute("cj_assessment", "/v1/cj/assessment-configs", ("GET", "POST")),
    ProxiedRoute("cj_assessment", "/v1/cj/assessment-configs/<uuid:config_id>", ("GET",)),
    ProxiedRoute("cj_assessment", "/v1/cj/batches", ("GET", "POST")),
    ProxiedRoute("cj_assessment", "/v1/cj/batches/<uuid:batch_id>", ("GET", "PATCH")),
    ProxiedRoute("cj_assessment", "/v1/cj/batches/<uuid:batch_id>/comparisons", ("GET", "POST")),
    ProxiedRoute("cj_assessment", "/v1/cj/batches/<uuid:batch_id>/essays", ("GET",)),
    ProxiedRoute("cj_assessment", "/v1/cj/batches/<uuid:batch_id>/grade-projections", ("GET",)),
    ProxiedRoute("cj_assessment", "/v1/cj/batches/<uuid:batch_id>/ranking", ("GET",)),
    ProxiedRoute("cj_assessment", "/v1/cj/judgements", ("POST",)),
)
