-- title: Uploads per user, most uploads first; purged files count too
-- parameter since DateTime64(6, 'UTC') = 30 days ago: the earliest upload that counts
-- parameter rows UInt32 = 50: the most users
SELECT
    uploaded_by AS user_id,
    count() AS uploads,
    uniqExact(file_id) AS files,
    sum(size_bytes) AS bytes,
    min(created_at) AS first_upload,
    max(created_at) AS last_upload
FROM (SELECT DISTINCT file_id, version, size_bytes, uploaded_by, created_at FROM file.file_versions_history)
WHERE created_at >= {since:DateTime64(6, 'UTC')}
GROUP BY user_id
ORDER BY uploads DESC, user_id
LIMIT {rows:UInt32}
