-- title: Validation failures by code: how many files and versions failed, and whether they failed still
-- parameter since DateTime64(6, 'UTC') = 30 days ago: the earliest failure that counts
WITH failures AS
(
    SELECT
        file_id,
        current_version,
        validation_error_code AS code,
        argMax(validation_error_message, _version) AS message,
        min(_commit_time) AS failed_at
    FROM file.files_history
    WHERE status = 'failed' AND _op != 'd'
    GROUP BY file_id, current_version, code
)
SELECT
    failures.code AS code,
    uniqExact(failures.file_id) AS files_failed,
    count() AS versions_failed,
    uniqExactIf(failures.file_id, now.status = 'failed' AND now.validation_error_code = failures.code) AS failed_still,
    max(failures.failed_at) AS last_failure,
    argMax(failures.message, failures.failed_at) AS last_message
FROM failures
LEFT JOIN file.files AS now ON now.file_id = failures.file_id
WHERE failures.failed_at >= {since:DateTime64(6, 'UTC')}
GROUP BY code
ORDER BY versions_failed DESC, code
