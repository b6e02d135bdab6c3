-- title: Deleted, restored and purged files, newest first, with who did it and why
-- parameter since DateTime64(6, 'UTC') = 30 days ago: the earliest deletion or restoration that counts
-- parameter rows UInt32 = 50: the most lines
WITH steps AS
(
    SELECT
        *,
        lagInFrame(toNullable(deleted_at)) OVER life AS deleted_before,
        row_number() OVER life AS step
    FROM file.files_history
    WINDOW life AS (PARTITION BY file_id ORDER BY _version ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
)
SELECT
    _commit_time AS at,
    multiIf(_op = 'd', 'purged', deleted_at IS NULL, 'restored', 'deleted') AS what,
    file_id,
    filename,
    user_id AS owner,
    nullIf(_user_id, '') AS by,
    nullIf(_route, '') AS route,
    nullIf(_reason, '') AS reason
FROM steps
WHERE (_op = 'd' OR (_op != 'r' AND (deleted_at IS NULL) != (deleted_before IS NULL)))
    AND _commit_time >= {since:DateTime64(6, 'UTC')}
ORDER BY _version DESC
LIMIT {rows:UInt32}
