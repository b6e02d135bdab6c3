import hashlib
import itertools

from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.http import parse_options_header

from services.file_service.filenames import clean_filename
from services.file_service.tests.documents import ESSAY
from services.file_service.tests.service import Service
from tests.support.callers import ANNA

NAMES = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters='/\\"'), max_size=60)


async def test_each_version_is_downloaded_as_it_came(service: Service) -> None:
    file = await service.stored_file("uppsats om björnar.txt")
    path = f"/v1/files/{file['file_id']}"
    second = (ESSAY * 3).encode("utf-16")
    await service.upload_version(file["file_id"], content=second)
    current = await service.client.get(f"{path}/content", headers=ANNA)
    assert current.status_code == 200
    assert current.content == second
    assert current.headers["Content-Type"] == "text/plain"
    assert current.headers["Content-Length"] == str(len(second))
    assert current.headers["ETag"] == f'"{hashlib.sha256(second).hexdigest()}"'
    assert current.headers["X-Content-Type-Options"] == "nosniff"
    assert parse_options_header(current.headers["Content-Disposition"]) == (
        "attachment",
        {"filename": "uppsats om björnar.txt"},
    )
    first = await service.client.get(f"{path}/versions/1/content", headers=ANNA)
    assert first.content == ESSAY.encode()


async def test_what_a_client_already_has_is_not_sent_again(service: Service) -> None:
    file = await service.stored_file()
    path = f"/v1/files/{file['file_id']}/content"
    etag = (await service.client.get(path, headers=ANNA)).headers["ETag"]
    same = await service.client.get(path, headers=ANNA | {"If-None-Match": etag})
    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", etag)
    await service.upload_version(file["file_id"], content=(ESSAY * 2).encode())
    assert (await service.client.get(path, headers=ANNA | {"If-None-Match": etag})).status_code == 200


async def test_head_describes_the_bytes_without_sending_them(service: Service) -> None:
    file = await service.stored_file()
    response = await service.client.head(f"/v1/files/{file['file_id']}/content", headers=ANNA)
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["Content-Length"] == str(len(ESSAY.encode()))


async def test_a_large_file_comes_whole(service: Service) -> None:
    content = bytes(itertools.islice(itertools.cycle(range(256)), service.settings.max_upload_bytes))
    response = await service.upload(("large.txt", content))
    file = response.json()["results"][0]["file"]
    download = await service.client.get(f"/v1/files/{file['file_id']}/content", headers=ANNA)
    assert download.content == content
    assert download.headers["Content-Type"] == "application/octet-stream"


@settings(max_examples=60, deadline=None)
@given(name=NAMES, content=st.binary(max_size=300))
async def test_any_bytes_and_any_name_come_back(shared_service: Service, name: str, content: bytes) -> None:
    item = (await shared_service.upload((f"n{name}.txt", content))).json()["results"][0]
    assert item["filename"] == clean_filename(f"n{name}.txt")
    download = await shared_service.client.get(f"/v1/files/{item['file']['file_id']}/content", headers=ANNA)
    assert download.content == content
    assert parse_options_header(download.headers["Content-Disposition"])[1]["filename"] == item["filename"]
