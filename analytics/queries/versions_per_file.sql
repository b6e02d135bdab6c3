-- title: File versions per file, most versions first
-- parameter at_least UInt32 = 2: the fewest versions a file must have
-- parameter rows UInt32 = 50: the most files
SELECT
    versions.file_id AS file_id,
    any(files.filename) AS filename,
    any(files.user_id) AS owner,
    count() AS versions,
    sum(versions.size_bytes) AS bytes,
    uniqExact(versions.sha256) AS distinct_contents,
    min(versions.created_at) AS first_upload,
    max(versions.created_at) AS last_upload
FROM file.file_versions AS versions
INNER JOIN file.files AS files ON files.file_id = versions.file_id
GROUP BY file_id
HAVING versions >= {at_least:UInt32}
ORDER BY versions DESC, file_id
LIMIT {rows:UInt32}
