-- title: Uploads per day: files, versions, bytes and people; purged files count too
-- parameter since DateTime64(6, 'UTC') = 30 days ago: the earliest upload that counts
SELECT
    toDate(created_at) AS day,
    count() AS uploads,
    countIf(version = 1) AS new_files,
    countIf(version > 1) AS new_versions,
    sum(size_bytes) AS bytes,
    uniqExact(uploaded_by) AS people
FROM (SELECT DISTINCT file_id, version, size_bytes, uploaded_by, created_at FROM file.file_versions_history)
WHERE created_at >= {since:DateTime64(6, 'UTC')}
GROUP BY day
ORDER BY day
