-- title: Changes by actor: who changed what kind of row by which route, and how often
-- parameter user_id Nullable(String): one user instead of all
-- parameter since DateTime64(6, 'UTC') = 30 days ago: the earliest change that counts
-- parameter rows UInt32 = 50: the most lines
WITH changes AS
(
    SELECT 'file.files' AS changed, _op, _commit_time, _xid, _user_id, _correlation_id, _route FROM file.files_history
    UNION ALL
    SELECT 'file.file_versions' AS changed, _op, _commit_time, _xid, _user_id, _correlation_id, _route
    FROM file.file_versions_history
)
SELECT
    nullIf(_user_id, '') AS user_id,
    nullIf(_route, '') AS route,
    changed,
    countIf(_op = 'c') AS created,
    countIf(_op = 'u') AS updated,
    countIf(_op = 'd') AS deleted,
    uniqExact(_commit_time, _xid) AS transactions,
    max(_commit_time) AS last_change
FROM changes
WHERE _op != 'r'
    AND _commit_time >= {since:DateTime64(6, 'UTC')}
    AND ({user_id:Nullable(String)} IS NULL OR _user_id = {user_id:Nullable(String)})
GROUP BY user_id, route, changed
ORDER BY created + updated + deleted DESC, user_id, route, changed
LIMIT {rows:UInt32}
