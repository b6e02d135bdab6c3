-- title: Uploads per batch, newest batch first: what it holds now, and what became of it
-- parameter batch_id Nullable(UUID): one batch instead of all
-- parameter rows UInt32 = 50: the most batches
SELECT
    files.batch_id AS batch_id,
    uniqExact(files.file_id) AS files_in_batch,
    count() AS versions,
    sum(uploads.size_bytes) AS bytes,
    uniqExactIf(files.file_id, files.status = 'completed') AS completed,
    uniqExactIf(files.file_id, files.status = 'failed') AS failed,
    uniqExactIf(files.file_id, files.deleted_at IS NOT NULL) AS deleted,
    min(uploads.created_at) AS first_upload,
    max(uploads.created_at) AS last_upload
FROM file.files AS files
INNER JOIN file.file_versions AS uploads ON uploads.file_id = files.file_id
WHERE {batch_id:Nullable(UUID)} IS NULL OR files.batch_id = {batch_id:Nullable(UUID)}
GROUP BY batch_id
ORDER BY last_upload DESC, batch_id
LIMIT {rows:UInt32}
