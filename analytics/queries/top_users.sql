-- title: Users by requests, most first: how many failed, how many were too many, and what they moved
-- parameter since DateTime64(6, 'UTC') = 1 day ago: the earliest request that counts
-- parameter rows UInt32 = 20: the most users
SELECT
    user_id,
    count() AS requests,
    countIf(status >= 500) AS failed,
    countIf(rate_limited) AS rate_limited_requests,
    uniqExact(session_id) AS sessions,
    sum(request_bytes) AS bytes_sent,
    sum(response_bytes) AS bytes_received,
    max(requested_at) AS last_request
FROM api_gateway.api_requests
WHERE user_id IS NOT NULL AND requested_at >= {since:DateTime64(6, 'UTC')}
GROUP BY user_id
ORDER BY requests DESC, user_id
LIMIT {rows:UInt32}
