-- title: Busiest users: requests, transactions and changed rows
-- parameter since DateTime64(6, 'UTC') = 30 days ago: the earliest change that counts
-- parameter rows UInt32 = 20: the most users
WITH changes AS
(
    SELECT file_id, _op, _commit_time, _xid, _user_id, _correlation_id FROM file.files_history
    UNION ALL
    SELECT file_id, _op, _commit_time, _xid, _user_id, _correlation_id FROM file.file_versions_history
)
SELECT
    _user_id AS user_id,
    uniqExactIf(_correlation_id, _correlation_id != '') AS requests,
    uniqExact(_commit_time, _xid) AS transactions,
    count() AS changed_rows,
    uniqExact(file_id) AS files,
    max(_commit_time) AS last_change
FROM changes
WHERE _op != 'r' AND _user_id != '' AND _commit_time >= {since:DateTime64(6, 'UTC')}
GROUP BY user_id
ORDER BY changed_rows DESC, user_id
LIMIT {rows:UInt32}
